#include "stream/video_sender.hpp"

#include <algorithm>
#include <utility>

#include "stream/video_packet.hpp"

namespace chime::stream {

namespace {

// Packets that wait: several key frames of the largest picture that the SDK sends.
constexpr std::size_t kMaxQueued = 1024;
// Packets that can be sent again: two seconds of the largest video.
constexpr std::size_t kCached = 512;
// Octets that a receiver may have sent again beyond as much as it was sent.
constexpr std::size_t kMaxAllowance = 500'000;
constexpr std::size_t kMaxPacket = 2048;
// How much faster than the encoder's mean the packets of one picture go out; libwebrtc has the same factor.
constexpr double kPaceFactor = 2.5;
// Nothing waits longer, whatever the pace would be.
constexpr double kMaxQueueSeconds = 0.1;
// Turns that come late are made good for so long.
constexpr std::int64_t kLongestTurnUs = 40'000;

}  // namespace

VideoSender::VideoSender(VideoSenderOptions options)
    : options_(std::move(options)),
      queue_(kMaxQueued),
      next_sequence_(options_.first_sequence_number),
      rtx_sequence_number_(options_.first_sequence_number),
      cache_(kCached),
      allowance_(kMaxAllowance),
      out_(kMaxPacket) {
  sent_.unwrap(options_.first_sequence_number);
}

void VideoSender::renegotiate(VideoSenderOptions options) {
  options.first_timestamp = options_.first_timestamp;
  options_ = std::move(options);
}

std::uint32_t VideoSender::timestamp_at(std::int64_t at_us) const {
  const std::int64_t ticks = at_us * 9 / 100;  // 90 kHz
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticks)) + options_.first_timestamp;
}

bool VideoSender::push(std::span<const rtp::Bytes> payloads, std::int64_t captured_us) {
  if (payloads.empty()) return true;
  if (queued_ + payloads.size() > kMaxQueued) {
    ++stats_.frames_dropped;
    return false;
  }
  ++stats_.frames;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    Queued& slot = queue_[(front_ + queued_) % kMaxQueued];
    slot.payload.assign(payloads[i].begin(), payloads[i].end());
    slot.timestamp = timestamp_at(captured_us);
    slot.marker = i + 1 == payloads.size();
    queued_octets_ += static_cast<std::int64_t>(slot.payload.size());
    ++queued_;
  }
  return true;
}

void VideoSender::begin_turn(std::int64_t now_us, std::int64_t bitrate) {
  const std::int64_t elapsed_us =
      std::clamp(now_us - turn_us_.value_or(now_us), std::int64_t{0}, kLongestTurnUs);
  turn_us_ = now_us;
  const double octets_per_second = std::max(kPaceFactor * static_cast<double>(bitrate) / 8,
                                            static_cast<double>(queued_octets_) / kMaxQueueSeconds);
  const auto earned = static_cast<std::int64_t>(octets_per_second * static_cast<double>(elapsed_us) / 1e6);
  // What was not used is not saved up; what was overdrawn is paid back.
  budget_ = std::min<std::int64_t>(budget_, 0) + std::max<std::int64_t>(earned, 1);
}

std::optional<rtp::Bytes> VideoSender::next_packet(std::int64_t now_us) {
  if (queued_ == 0 || budget_ <= 0) return std::nullopt;
  const Queued& slot = queue_[front_];
  front_ = (front_ + 1) % kMaxQueued;
  --queued_;
  queued_octets_ -= static_cast<std::int64_t>(slot.payload.size());
  rtp::Header header;
  header.marker = slot.marker;
  header.payload_type = options_.payload_type;
  header.sequence_number = static_cast<std::uint16_t>(static_cast<std::uint64_t>(next_sequence_));
  header.timestamp = slot.timestamp;
  header.ssrc = options_.ssrc;
  const auto size = write(header, slot.payload, now_us);
  if (!size) return std::nullopt;
  const rtp::Bytes packet = rtp::Bytes(out_).first(*size);
  cache_.put(sent_.unwrap(header.sequence_number), packet, now_us);
  ++next_sequence_;
  budget_ -= static_cast<std::int64_t>(*size);
  ++stats_.packets;
  stats_.octets += slot.payload.size();
  allowance_ = std::min(allowance_ + *size, kMaxAllowance);
  return packet;
}

std::optional<rtp::Bytes> VideoSender::retransmit(std::uint16_t sequence_number) {
  const auto cached = cache_.find(sent_.peek(sequence_number));
  rtp::Packet packet;
  if (!cached || rtp::parse_packet(cached->packet, packet) != rtp::ParseError::none) {
    ++stats_.retransmissions_missing;
    return std::nullopt;
  }
  rtp::Bytes again = cached->packet;
  if (options_.rtx_ssrc != 0 && options_.rtx_payload_type) {
    rtp::Header header = packet;
    header.payload_type = *options_.rtx_payload_type;
    header.sequence_number = rtx_sequence_number_;
    header.ssrc = options_.rtx_ssrc;
    const auto size =
        write(header, rtx_payload(sequence_number, packet.payload, rtx_payload_), cached->arrival_us);
    if (!size) return std::nullopt;
    again = rtp::Bytes(out_).first(*size);
  }
  if (again.size() > allowance_) {
    ++stats_.retransmissions_refused;
    return std::nullopt;
  }
  ++rtx_sequence_number_;
  allowance_ -= again.size();
  ++stats_.packets_retransmitted;
  return again;
}

std::optional<std::size_t> VideoSender::write(const rtp::Header& header, rtp::Bytes payload,
                                              std::int64_t at_us) {
  const VideoExtensions extensions{options_.mid, options_.mid_id, options_.abs_send_time_id};
  return write_video_packet(header, payload, extensions, at_us, out_);
}

}  // namespace chime::stream
