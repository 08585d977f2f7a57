#include "stream/video_source.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace chime::stream {

namespace {

// Packets of a layer that can be sent again: two seconds of the largest layer that the SDK makes (2.5
// Mbit/s).
constexpr std::size_t kCached = 512;
// The original sequence number before the payload (RFC 4588, section 4).
constexpr std::size_t kOriginalSequence = 2;
// What a packet may have in a datagram; recovered ones are written into memory of this size.
constexpr std::size_t kMaxPacket = 2048;
// Chromium ignores a request that comes within 300 ms of the one before; an answer takes a round trip and a
// frame.
constexpr std::int64_t kKeyFrameIntervalUs = 400'000;

}  // namespace

// --- one layer ---

VideoLayer::VideoLayer(VideoLayerName given) : cache(kCached) { rename(std::move(given)); }

void VideoLayer::rename(VideoLayerName given) {
  name = std::move(given);
  if (name.ssrc != 0 && name.ssrc != ssrc) begin_stream(name.ssrc);
  if (name.rtx_ssrc != 0) rtx_ssrc = name.rtx_ssrc;
}

void VideoLayer::begin_stream(std::uint32_t new_ssrc) {
  ssrc = new_ssrc;
  stats.ssrc = new_ssrc;
  rtx_ssrc = name.rtx_ssrc;
  ++epoch;
  sequences.reset();
  timestamps.reset();
  cache.clear();
  missing.reset();
  reception.reset();
  key_frame_asked_us_.reset();
}

bool VideoLayer::due_for_key_frame(std::int64_t now_us) {
  if (!key_frame_wanted_ || ssrc == 0) return false;
  if (key_frame_asked_us_ && now_us - *key_frame_asked_us_ < kKeyFrameIntervalUs) return false;
  key_frame_asked_us_ = now_us;
  ++stats.key_frames_requested;
  return true;
}

// --- all of them ---

VideoSource::VideoSource(VideoSourceOptions options) : recovered_(kMaxPacket) {
  renegotiate(std::move(options));
}

void VideoSource::renegotiate(VideoSourceOptions options) {
  if (options.layers.empty()) throw std::invalid_argument("layers must have at least one layer");
  options_ = std::move(options);
  const std::size_t kept = std::min(layers_.size(), options_.layers.size());
  layers_.erase(layers_.begin() + static_cast<std::ptrdiff_t>(kept), layers_.end());
  for (std::size_t i = 0; i < kept; ++i) layers_[i].rename(options_.layers[i]);
  for (std::size_t i = kept; i < options_.layers.size(); ++i) layers_.emplace_back(options_.layers[i]);
}

const VideoPayloadType* VideoSource::payload_type(std::uint8_t number) const {
  for (const VideoPayloadType& type : options_.payload_types) {
    if (type.payload_type == number || type.rtx_payload_type == number) return &type;
  }
  return nullptr;
}

std::optional<VideoPacket> VideoSource::receive(rtp::Bytes data, std::int64_t now_us) {
  rtp::Packet packet;
  if (rtp::parse_packet(data, packet) != rtp::ParseError::none) {
    ++counters_.packets_malformed;
    return std::nullopt;
  }
  if (const auto sent = packet.extensions.find(options_.transport_cc_id)) {
    const auto number = rtp::read_transport_sequence_number(*sent);
    if (number) transport_feedback_.received(*number, now_us);
  }
  const VideoPayloadType* type = payload_type(packet.payload_type);
  if (type == nullptr) {
    ++counters_.packets_unknown;
    return std::nullopt;
  }
  if (type->payload_type != packet.payload_type) return receive_retransmission(packet, *type, now_us);
  const auto layer = layer_of(packet, false);
  if (!layer) {
    ++counters_.packets_unknown;
    return std::nullopt;
  }
  return take(*layer, packet, data, *type, now_us);
}

std::optional<VideoPacket> VideoSource::receive_retransmission(const rtp::Packet& packet,
                                                               const VideoPayloadType& type,
                                                               std::int64_t now_us) {
  const auto layer = layer_of(packet, true);
  if (!layer) {
    ++counters_.packets_unknown;
    return std::nullopt;
  }
  if (packet.payload.size() <= kOriginalSequence) {
    ++counters_.packets_padding;
    return std::nullopt;
  }
  rtp::Packet original = packet;
  original.payload_type = type.payload_type;
  original.sequence_number = rtp::read_u16(packet.payload.data());
  original.ssrc = layers_[*layer].ssrc;
  original.extensions = {};
  original.csrc_octets = {};
  original.padding_size = 0;
  const auto size = rtp::pack_packet(original, packet.payload.subspan(kOriginalSequence), {}, recovered_);
  if (!size) {
    ++counters_.packets_malformed;
    return std::nullopt;
  }
  const rtp::Bytes data = rtp::Bytes(recovered_).first(*size);
  if (rtp::parse_packet(data, original) != rtp::ParseError::none) return std::nullopt;
  ++counters_.packets_recovered;
  return take(*layer, original, data, type, now_us);
}

std::optional<std::size_t> VideoSource::layer_of(const rtp::Packet& packet, bool is_retransmission) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::uint32_t known = is_retransmission ? layers_[i].rtx_ssrc : layers_[i].ssrc;
    if (known != 0 && known == packet.ssrc) return i;
  }
  auto found = layer_by_rid(packet, is_retransmission ? options_.repaired_rid_id : options_.rid_id);
  const bool is_only_one = layers_.size() == 1;
  if (!found && is_only_one && layers_[0].name.ssrc == 0) found = 0;
  if (!found) return std::nullopt;
  VideoLayer& layer = layers_[*found];
  if (is_retransmission) {
    if (layer.ssrc == 0) return std::nullopt;
    layer.rtx_ssrc = packet.ssrc;
  } else {
    layer.begin_stream(packet.ssrc);
  }
  return found;
}

std::optional<std::size_t> VideoSource::layer_by_rid(const rtp::Packet& packet, std::uint8_t id) const {
  const auto data = packet.extensions.find(id);
  if (!data) return std::nullopt;
  const std::string_view rid = rtp::read_mid(*data);  // the same kind of text
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i].name.rid.empty() && layers_[i].name.rid == rid) return i;
  }
  return std::nullopt;
}

std::optional<VideoPacket> VideoSource::take(std::size_t index, const rtp::Packet& packet, rtp::Bytes data,
                                             const VideoPayloadType& type, std::int64_t now_us) {
  VideoLayer& layer = layers_[index];
  VideoPacket result{index, packet, type.codec, layer.sequences.peek(packet.sequence_number),
                     0,     false,  now_us};
  if (!layer.cache.put(result.sequence, data, now_us)) {
    ++counters_.packets_duplicate;
    return std::nullopt;
  }
  newest_ssrc_ = layer.ssrc;
  layer.newest_us = now_us;
  layer.sequences.unwrap(packet.sequence_number);
  result.timestamp = layer.timestamps.unwrap(packet.timestamp);
  result.begins_key_frame = video::begins_key_frame(type.codec, packet.payload);
  if (!layer.missing.received(result.sequence, now_us)) layer.want_key_frame();
  layer.reception.on_packet(result.sequence, result.timestamp, now_us);
  ++layer.stats.packets;
  layer.stats.octets += packet.payload.size();
  layer.stats.codec = type.codec;
  if (result.begins_key_frame) {
    ++layer.stats.key_frames;
    layer.key_frame_wanted_ = false;
    layer.missing.forget_before(result.sequence);
    if (const auto size = video::key_frame_size(type.codec, packet.payload)) layer.stats.size = *size;
  }
  return result;
}

}  // namespace chime::stream
