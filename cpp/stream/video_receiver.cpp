#include "stream/video_receiver.hpp"

#include <algorithm>
#include <utility>

#include "video/depacketiser.hpp"

namespace chime::stream {

namespace {

// How long a picture is waited for before a key frame is asked for besides: some requests for what is
// missing.
constexpr std::int64_t kPatienceUs = 250'000;

}  // namespace

VideoReceiver::VideoReceiver(VideoSourceOptions options) : source_(std::move(options)) {}

void VideoReceiver::renegotiate(VideoSourceOptions options) { source_.renegotiate(std::move(options)); }

void VideoReceiver::set_watched(bool watched) {
  if (watched && !watched_) restart();
  watched_ = watched;
}

void VideoReceiver::restart() {
  next_.reset();
  key_.reset();
  stuck_at_us_.reset();
  layer().want_key_frame();
}

void VideoReceiver::push(rtp::Bytes data, std::int64_t now_us) {
  const auto packet = source_.receive(data, now_us);
  if (!packet) return;
  if (!watched_) {
    layer().missing.clear();
    return;
  }
  if (layer().epoch != epoch_) {
    epoch_ = layer().epoch;
    newest_ = packet->sequence;
    if (next_) restart();
  }
  newest_ = std::max(newest_, packet->sequence);
  if (!packet->begins_key_frame) return;
  if (!next_) next_ = packet->sequence;
  if (packet->sequence > key_.value_or(*next_)) key_ = packet->sequence;
}

std::optional<std::int64_t> VideoReceiver::end_of_frame(std::int64_t start) const {
  std::optional<std::uint32_t> timestamp;
  for (std::int64_t sequence = start; sequence <= newest_; ++sequence) {
    const auto entry = layer().cache.find(sequence);
    rtp::Packet packet;
    if (!entry || rtp::parse_packet(entry->packet, packet) != rtp::ParseError::none) return std::nullopt;
    if (timestamp && packet.timestamp != *timestamp) return sequence;
    timestamp = packet.timestamp;
    if (packet.marker) return sequence + 1;
  }
  return std::nullopt;
}

std::optional<ReceivedFrame> VideoReceiver::put_together(std::int64_t start, std::int64_t end) {
  ReceivedFrame result;
  frame_.clear();
  bool any = false;
  for (std::int64_t sequence = start; sequence < end; ++sequence) {
    const auto entry = layer().cache.find(sequence);
    rtp::Packet packet;
    if (!entry || rtp::parse_packet(entry->packet, packet) != rtp::ParseError::none) return std::nullopt;
    if (packet.payload.empty()) continue;  // padding
    const VideoPayloadType* type = source_.payload_type(packet.payload_type);
    if (type == nullptr) return std::nullopt;
    if (!any) {
      any = true;
      result.codec = type->codec;
      result.is_key = video::begins_key_frame(type->codec, packet.payload);
      result.timestamp = layer().timestamps.peek(packet.timestamp);
      result.arrival_us = entry->arrival_us;
    }
    if (!video::append_payload(type->codec, packet.payload, frame_)) {
      ++counters_.frames_malformed;
      restart();
      return std::nullopt;
    }
  }
  result.data = frame_;
  return result;
}

std::optional<ReceivedFrame> VideoReceiver::next_frame() {
  while (next_) {
    auto end = end_of_frame(*next_);
    if (!end && key_) {
      end = end_of_frame(*key_);
      if (!end) return std::nullopt;
      next_ = key_;
      ++counters_.jumps;
      layer().missing.forget_before(*next_);
    }
    if (!end) return std::nullopt;
    const std::int64_t start = *next_;
    next_ = *end;
    stuck_at_us_.reset();
    if (key_ && *key_ < *next_) key_.reset();
    const auto frame = put_together(start, *end);
    if (!frame || frame->data.empty()) continue;  // malformed, or nothing but padding
    ++counters_.frames;
    if (frame->is_key) ++counters_.key_frames;
    return frame;
  }
  return std::nullopt;
}

ReceiverRequest VideoReceiver::poll(std::int64_t now_us, std::int64_t retry_us) {
  ReceiverRequest request;
  if (!watched_ || layer().ssrc == 0) return request;
  if (!next_) layer().want_key_frame();
  const bool lacks = next_ && *next_ <= newest_;
  if (!lacks) stuck_at_us_.reset();
  if (lacks && !stuck_at_us_) stuck_at_us_ = now_us;
  if (lacks && now_us - *stuck_at_us_ > kPatienceUs) layer().want_key_frame();
  layer().missing.due(now_us, retry_us, [&](std::int64_t sequence) {
    request.sequence_numbers.push_back(static_cast<std::uint16_t>(static_cast<std::uint64_t>(sequence)));
  });
  layer().stats.packets_requested += request.sequence_numbers.size();
  request.key_frame = layer().due_for_key_frame(now_us);
  return request;
}

}  // namespace chime::stream
