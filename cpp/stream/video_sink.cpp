#include "stream/video_sink.hpp"

#include <algorithm>
#include <utility>

#include "stream/video_packet.hpp"

namespace chime::stream {

namespace {

// Octets that a receiver may have sent again beyond as much as it was sent: two seconds of a large video,
// with which it gets over an outage. Who asks for more does not need it, or makes others pay for it.
constexpr std::size_t kMaxAllowance = 500'000;

}  // namespace

VideoSink::VideoSink(VideoSinkOptions options)
    : options_(std::move(options)),
      splicer_({options_.first_sequence_number, options_.first_timestamp}),
      highest_sent_(options_.first_sequence_number),
      rtx_sequence_number_(options_.first_sequence_number),
      allowance_(kMaxAllowance) {
  sent_.unwrap(options_.first_sequence_number);
}

void VideoSink::renegotiate(VideoSinkOptions options) { options_ = std::move(options); }

void VideoSink::select(std::optional<VideoSelection> selection) {
  // Another layer of the source goes on until the chosen one can begin; another source does not.
  if (!selection || !selected_ || selection->source != selected_->source) is_sending_ = false;
  selected_ = selection;
}

void VideoSink::set_paused(bool paused) {
  paused_ = paused;
  if (paused) is_sending_ = false;
}

std::optional<VideoSelection> VideoSink::current() const {
  if (!is_sending_) return std::nullopt;
  return pieces_[(piece_count_ - 1) % kPieces].selection;
}

std::optional<VideoSelection> VideoSink::awaited() const {
  if (paused_ || !selected_ || current() == selected_) return std::nullopt;
  return selected_;
}

const VideoPayloadType* VideoSink::payload_type(video::Codec codec) const {
  for (const VideoPayloadType& type : options_.payload_types) {
    if (type.codec == codec) return &type;
  }
  return nullptr;
}

std::optional<std::size_t> VideoSink::forward(std::int64_t source, std::int64_t epoch,
                                              const VideoPacket& packet, std::span<std::uint8_t> out) {
  if (paused_ || !selected_) return std::nullopt;
  const VideoSelection layer{source, packet.layer};
  const Piece* present = is_sending_ ? &pieces_[(piece_count_ - 1) % kPieces] : nullptr;
  const bool goes_on = present != nullptr && present->selection == layer && present->epoch == epoch;
  const bool is_lower = source == selected_->source && packet.layer < selected_->layer;
  const bool may_begin = packet.begins_key_frame && (layer == selected_ || (is_lower && !is_sending_));
  if (!goes_on && !may_begin) {
    // The layer began anew under another SSRC: what was sent does not go on.
    if (present != nullptr && present->selection == layer) is_sending_ = false;
    return std::nullopt;
  }
  const VideoPayloadType* type = payload_type(packet.codec);
  if (type == nullptr) {
    ++stats_.packets_undecodable;
    is_sending_ = is_sending_ && !goes_on;
    return std::nullopt;
  }
  if (!goes_on) {
    pieces_[piece_count_ % kPieces] = {layer, epoch};
    splicer_.join(static_cast<std::int64_t>(piece_count_), {packet.sequence, packet.timestamp},
                  packet.arrival_us);
    ++piece_count_;
    ++stats_.switches;
    is_sending_ = true;
  }
  const auto position = splicer_.map({packet.sequence, packet.timestamp}, packet.arrival_us);
  if (!position) return std::nullopt;
  rtp::Header header = packet.packet;
  header.payload_type = type->payload_type;
  header.sequence_number = static_cast<std::uint16_t>(static_cast<std::uint64_t>(position->sequence));
  header.timestamp = static_cast<std::uint32_t>(static_cast<std::uint64_t>(position->timestamp));
  header.ssrc = options_.ssrc;
  if (position->sequence > highest_sent_) highest_sent_ = sent_.unwrap(header.sequence_number);
  const auto size = write(header, packet.packet.payload, packet.arrival_us, out);
  if (size) {
    ++stats_.packets;
    stats_.octets += packet.packet.payload.size();
    allowance_ = std::min(allowance_ + *size, kMaxAllowance);
  }
  return size;
}

std::optional<std::size_t> VideoSink::write(const rtp::Header& header, rtp::Bytes payload, std::int64_t at_us,
                                            std::span<std::uint8_t> out) const {
  const VideoExtensions extensions{options_.mid, options_.mid_id, options_.abs_send_time_id};
  return write_video_packet(header, payload, extensions, at_us, out);
}

std::optional<std::size_t> VideoSink::rewrite_again(const VideoSource& source, const Piece& piece,
                                                    const rtp::Splicer::Origin& origin, std::int64_t output,
                                                    std::span<std::uint8_t> out) {
  const VideoLayer& layer = source.layers()[piece.selection.layer];
  const auto cached = layer.epoch == piece.epoch ? layer.cache.find(origin.sequence) : std::nullopt;
  rtp::Packet packet;
  const bool found = cached && rtp::parse_packet(cached->packet, packet) == rtp::ParseError::none;
  const VideoPayloadType* received = found ? source.payload_type(packet.payload_type) : nullptr;
  const VideoPayloadType* type = received != nullptr ? payload_type(received->codec) : nullptr;
  if (type == nullptr) {
    ++stats_.retransmissions_missing;
    return std::nullopt;
  }
  rtp::Header header = packet;
  const std::int64_t timestamp = layer.timestamps.peek(packet.timestamp) + origin.timestamp_offset;
  header.timestamp = static_cast<std::uint32_t>(static_cast<std::uint64_t>(timestamp));
  header.sequence_number = static_cast<std::uint16_t>(static_cast<std::uint64_t>(output));
  header.payload_type = type->payload_type;
  header.ssrc = options_.ssrc;
  rtp::Bytes payload = packet.payload;
  if (options_.rtx_ssrc != 0 && type->rtx_payload_type) {
    payload = rtx_payload(header.sequence_number, payload, rtx_payload_);
    header.payload_type = *type->rtx_payload_type;
    header.sequence_number = rtx_sequence_number_++;
    header.ssrc = options_.rtx_ssrc;
  }
  // Without a stream of its own the packet must be the one that was sent, octet by octet, send time included:
  // SRTP has one key stream for each sequence number.
  const auto size = write(header, payload, cached->arrival_us, out);
  if (size && *size > allowance_) {
    ++stats_.retransmissions_refused;
    return std::nullopt;
  }
  if (size) {
    ++stats_.packets_retransmitted;
    allowance_ -= *size;
  }
  return size;
}

}  // namespace chime::stream
