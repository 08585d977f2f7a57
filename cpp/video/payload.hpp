// What a forwarder must see in RTP payloads of video: where a picture begins that needs none before it.
#pragma once

#include <cstdint>
#include <optional>

#include "rtp/bytes.hpp"

namespace chime::video {

// VP8: RFC 7741. VP9: RFC 9628. H.264: RFC 6184.
enum class Codec : std::uint8_t { vp8, vp9, h264 };

struct FrameSize {
  int width = 0;
  int height = 0;
  friend bool operator==(const FrameSize&, const FrameSize&) = default;
};

// Whether the packet with this payload is the first of a key frame. In H.264 that is the one with the
// parameter set, without which no picture can be decoded.
[[nodiscard]] bool begins_key_frame(Codec codec, rtp::Bytes payload);

// The picture's size as the first packet of a key frame says it; nothing where that packet doesn't.
[[nodiscard]] std::optional<FrameSize> key_frame_size(Codec codec, rtp::Bytes payload);

}  // namespace chime::video
