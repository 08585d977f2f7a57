#include "rtp/red.hpp"

#include <algorithm>

namespace chime::rtp {

namespace {

constexpr std::size_t kRedundantHeaderSize = 4;

}  // namespace

const char* describe(RedStatus status) {
  switch (status) {
    case RedStatus::ok:
      return "ok";
    case RedStatus::padding:
      return "padding";
    case RedStatus::truncated_header:
      return "truncated_header";
    case RedStatus::wrong_payload_type:
      return "wrong_payload_type";
    case RedStatus::truncated_blocks:
      return "truncated_blocks";
    case RedStatus::too_many_blocks:
      return "too_many_blocks";
  }
  return "unknown";
}

RedStatus split_red(Bytes payload, std::uint8_t primary_payload_type, RedBlocks& blocks) {
  // Headers come first and say the lengths, which are only good once all of them are known to fit.
  std::array<std::size_t, kMaxRedundantBlocks> lengths;
  std::size_t redundant = 0;
  std::size_t data_size = 0;
  Bytes rest = payload;
  while (!rest.empty() && (rest[0] & 0x80) != 0) {
    if (rest.size() < kRedundantHeaderSize) return RedStatus::truncated_header;
    if (redundant == kMaxRedundantBlocks) return RedStatus::too_many_blocks;
    const std::uint32_t bits = read_u24(&rest[1]);
    blocks.blocks_[redundant].payload_type = rest[0] & 0x7F;
    blocks.blocks_[redundant].timestamp_offset = static_cast<std::uint16_t>(bits >> 10);
    lengths[redundant] = bits & kMaxRedBlockSize;
    data_size += lengths[redundant];
    ++redundant;
    rest = rest.subspan(kRedundantHeaderSize);
  }
  if (rest.empty()) return RedStatus::padding;
  if (rest[0] != primary_payload_type) return RedStatus::wrong_payload_type;
  rest = rest.subspan(1);
  if (data_size >= rest.size()) return RedStatus::truncated_blocks;
  for (std::size_t i = 0; i < redundant; ++i) {
    blocks.blocks_[i].data = rest.first(lengths[i]);
    rest = rest.subspan(lengths[i]);
  }
  blocks.blocks_[redundant] = {primary_payload_type, 0, rest};
  blocks.count_ = redundant + 1;
  return RedStatus::ok;
}

std::size_t packed_red_size(std::span<const RedBlock> blocks) {
  std::size_t size = blocks.empty() ? 0 : (blocks.size() - 1) * kRedundantHeaderSize + 1;
  for (const auto& block : blocks) size += block.data.size();
  return size;
}

std::optional<std::size_t> pack_red(std::span<const RedBlock> blocks, std::span<std::uint8_t> out) {
  if (blocks.empty()) return std::nullopt;
  const std::size_t size = packed_red_size(blocks);
  if (out.size() < size) return std::nullopt;
  std::uint8_t* at = out.data();
  for (const auto& block : blocks.first(blocks.size() - 1)) {
    if (block.payload_type > 0x7F || block.timestamp_offset > kMaxRedTimestampOffset ||
        block.data.size() > kMaxRedBlockSize) {
      return std::nullopt;
    }
    *at = static_cast<std::uint8_t>(0x80 | block.payload_type);
    write_u24(at + 1, static_cast<std::uint32_t>(block.timestamp_offset) << 10 |
                          static_cast<std::uint32_t>(block.data.size()));
    at += kRedundantHeaderSize;
  }
  if (blocks.back().payload_type > 0x7F) return std::nullopt;
  *at++ = blocks.back().payload_type;
  for (const auto& block : blocks) at = std::copy(block.data.begin(), block.data.end(), at);
  return size;
}

}  // namespace chime::rtp
