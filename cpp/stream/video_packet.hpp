// What senders and forwarders of video write alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rtp/packet.hpp"

namespace chime::stream {

// Header extensions of a video that we send; ids as negotiated, 0: not in use.
struct VideoExtensions {
  std::string_view mid;
  std::uint8_t mid_id = 0;
  std::uint8_t abs_send_time_id = 0;
};

// Writes a packet to the front of `out` and returns its size; nothing when it does not fit. at_us is when it
// leaves, for abs-send-time.
[[nodiscard]] std::optional<std::size_t> write_video_packet(const rtp::Header& header, rtp::Bytes payload,
                                                            const VideoExtensions& extensions,
                                                            std::int64_t at_us, std::span<std::uint8_t> out);

// The payload of a retransmission (RFC 4588, section 4), in `memory`.
[[nodiscard]] rtp::Bytes rtx_payload(std::uint16_t sequence_number, rtp::Bytes payload,
                                     std::vector<std::uint8_t>& memory);

}  // namespace chime::stream
