// RED payloads (RFC 2198): splitting into views, packing into the caller's memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/bytes.hpp"

namespace chime::rtp {

// One block of a RED payload. Its RTP timestamp is the packet's minus `timestamp_offset`, modulo 2^32.
struct RedBlock {
  std::uint8_t payload_type = 0;       // 7 bits
  std::uint16_t timestamp_offset = 0;  // 14 bits; 0 for the primary block
  Bytes data;                          // at most 1023 octets in a redundant block
};

inline constexpr std::uint16_t kMaxRedTimestampOffset = (1 << 14) - 1;
inline constexpr std::size_t kMaxRedBlockSize = (1 << 10) - 1;
// Redundant blocks taken from one packet. The format has no limit of its own; libwebrtc drops packets with
// more than 32 blocks, and real senders use at most nine.
inline constexpr std::size_t kMaxRedundantBlocks = 32;

enum class RedStatus : std::uint8_t {
  ok,
  padding,             // no block at all: an empty payload, or one that ends after a redundant block's header
  truncated_header,    // a redundant block's header runs past the end
  wrong_payload_type,  // the primary block is of another codec
  truncated_blocks,    // the blocks run past the end, or leave no octet for the primary
  too_many_blocks,     // more than kMaxRedundantBlocks
};
// For counters and messages.
[[nodiscard]] const char* describe(RedStatus status);

// The blocks of a payload, oldest first and the primary last. Views of the split payload.
class RedBlocks {
 public:
  [[nodiscard]] std::span<const RedBlock> all() const { return {blocks_.data(), count_}; }
  [[nodiscard]] std::span<const RedBlock> redundant() const { return all().first(count_ - 1); }
  [[nodiscard]] const RedBlock& primary() const { return blocks_[count_ - 1]; }

 private:
  friend RedStatus split_red(Bytes payload, std::uint8_t primary_payload_type, RedBlocks& blocks);

  std::array<RedBlock, kMaxRedundantBlocks + 1> blocks_;
  std::size_t count_ = 0;
};

// Splits a payload whose primary block must have the given payload type; those of redundant blocks are
// reported and not checked, as in amazon-chime-sdk-js (RedundantAudioEncodedTransform.ts). `blocks` is only
// meaningful when the result is RedStatus::ok. A redundant block may be empty, the primary may not.
[[nodiscard]] RedStatus split_red(Bytes payload, std::uint8_t primary_payload_type, RedBlocks& blocks);

// Octets that a payload of these blocks has: four a redundant header, one for the primary's, and the data.
[[nodiscard]] std::size_t packed_red_size(std::span<const RedBlock> blocks);

// Writes a payload of `blocks` (oldest first, primary last, at least the primary) to the front of `out` and
// returns its size; nothing when it does not fit or a field exceeds its bits.
[[nodiscard]] std::optional<std::size_t> pack_red(std::span<const RedBlock> blocks,
                                                  std::span<std::uint8_t> out);

}  // namespace chime::rtp
