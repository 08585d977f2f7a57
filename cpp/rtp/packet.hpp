// RTP packets (RFC 3550, section 5.1): parsing into views, packing into the caller's memory. No allocation,
// no exceptions; malformed input gives an error value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/bytes.hpp"
#include "rtp/extensions.hpp"

namespace chime::rtp {

// The fields that a sender chooses for each packet.
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  // 7 bits
  std::uint16_t sequence_number = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

// A parsed packet. All views point into the parsed octets and live as long as they do.
struct Packet : Header {
  Bytes csrc_octets;  // four octets a contributing source
  Extensions extensions;
  Bytes payload;  // without padding
  std::uint8_t padding_size = 0;

  [[nodiscard]] std::size_t csrc_count() const { return csrc_octets.size() / 4; }
  [[nodiscard]] std::uint32_t csrc(std::size_t n) const { return read_u32(csrc_octets.data() + 4 * n); }
};

enum class ParseError : std::uint8_t {
  none,
  too_short,            // shorter than the fixed header
  bad_version,          // not RTP version 2
  truncated_csrcs,      // the CSRC list runs past the end
  truncated_extension,  // the header extension runs past the end
  bad_padding,          // padding of zero octets, or longer than what is there
};
// For counters and messages.
[[nodiscard]] const char* describe(ParseError error);

// Reads `data` into `packet`, which is only meaningful when the result is ParseError::none.
[[nodiscard]] ParseError parse_packet(Bytes data, Packet& packet);

// What pack_packet puts around the payload.
struct PackOptions {
  std::span<const std::uint32_t> csrcs = {};  // at most 15
  std::span<const ExtensionElement> extensions =
      {};                         // the one-byte form when all fit it, else the two-byte form
  std::uint8_t padding_size = 0;  // octets of padding with its count, 0 for none
};

// Writes a packet to the front of `out` and returns its size; nothing when it does not fit, or when CSRCs, an
// extension's id (1 to 255) or length (at most 255) cannot be expressed.
[[nodiscard]] std::optional<std::size_t> pack_packet(const Header& header, Bytes payload,
                                                     const PackOptions& options, std::span<std::uint8_t> out);

}  // namespace chime::rtp
