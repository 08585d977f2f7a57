#include "stream/red_encoder.hpp"

#include <algorithm>
#include <utility>

#include "opus/packet.hpp"
#include "rtp/red.hpp"

namespace chime::stream {

namespace {

// Octets that a copy costs beside its data.
constexpr std::size_t kCopyHeaderSize = 4;
// History is kept for the SDK's furthest offset even when nearer ones are asked for, so that a change of
// offsets finds what it needs.
constexpr std::uint32_t kMinMaxAge = 4800;

}  // namespace

RedEncoder::RedEncoder(std::uint8_t opus_payload_type, std::uint8_t red_payload_type, Misfit misfit)
    : opus_payload_type_(opus_payload_type),
      red_payload_type_(red_payload_type),
      misfit_(misfit),
      max_age_(kMinMaxAge) {}

void RedEncoder::set_offsets(std::span<const CopyOffset> offsets) {
  offset_count_ = std::min(offsets.size(), kMaxCopies);
  std::copy_n(offsets.begin(), offset_count_, offsets_.begin());
  max_age_ = kMinMaxAge;
  for (const auto& [offset, fallback] : offsets.first(offset_count_)) {
    max_age_ = std::max({max_age_, offset, fallback});
  }
}

std::size_t RedEncoder::encode(std::uint32_t timestamp, rtp::Bytes packet, std::span<std::uint8_t> out) {
  copies_ = 0;
  copied_size_ = 0;
  std::size_t size = 1 + packet.size();
  if (packet.empty() || size > kMaxPayloadSize || size > out.size()) return 0;
  drop_older(timestamp);

  // Found newest first; RED wants the oldest first.
  std::array<rtp::RedBlock, kMaxCopies + 1> blocks;
  const Entry* newer = nullptr;
  const auto find_other = [&](std::uint32_t age) {
    const Entry* found = age != 0 ? find(timestamp - age) : nullptr;
    return found != newer ? found : nullptr;
  };
  const std::size_t limit = std::min(kMaxPayloadSize, out.size());
  for (const auto& [offset, fallback] : std::span(offsets_).first(enabled_ ? offset_count_ : 0)) {
    const Entry* found = find_other(offset);
    if (found == nullptr) found = find_other(fallback);
    if (found == nullptr) continue;
    if (size + kCopyHeaderSize + found->size > limit) {
      if (misfit_ == Misfit::stop) break;
      continue;
    }
    size += kCopyHeaderSize + found->size;
    copied_size_ += found->size;
    ++copies_;
    blocks[kMaxCopies - copies_] = {opus_payload_type_,
                                    static_cast<std::uint16_t>(timestamp - found->timestamp), found->bytes()};
    newer = found;
  }
  blocks[kMaxCopies] = {opus_payload_type_, 0, packet};
  const auto written = rtp::pack_red(std::span(blocks).last(copies_ + 1), out);
  if (opus::worth_repeating(packet)) remember(timestamp, packet);
  return written.value_or(0);
}

std::optional<rtp::Bytes> RedEncoder::transform(std::uint32_t timestamp, rtp::Bytes payload,
                                                std::uint8_t payload_type, std::span<std::uint8_t> out) {
  rtp::RedBlocks blocks;
  if (payload_type == red_payload_type_ &&
      rtp::split_red(payload, opus_payload_type_, blocks) == rtp::RedStatus::ok) {
    const std::size_t size = encode(timestamp, blocks.primary().data, out);
    if (size > 0) return out.first(size);
  }
  if (payload.size() > kMaxPayloadSize) return std::nullopt;
  return payload;
}

const RedEncoder::Entry* RedEncoder::find(std::uint32_t timestamp) {
  for (std::size_t n = 0; n < count_; ++n) {
    if (entry(n).timestamp == timestamp) return &entry(n);
  }
  return nullptr;
}

// Ages are unsigned 32-bit differences, so that packets from before a wrap age like others and those "from
// the future" after a backward jump go at once.
void RedEncoder::drop_older(std::uint32_t timestamp) {
  while (count_ > 0 && timestamp - entry(0).timestamp > max_age_) {
    first_ = (first_ + 1) % kHistorySize;
    --count_;
  }
}

void RedEncoder::remember(std::uint32_t timestamp, rtp::Bytes packet) {
  if (count_ == kHistorySize) {
    first_ = (first_ + 1) % kHistorySize;
    --count_;
  }
  Entry& added = entry(count_++);
  added.timestamp = timestamp;
  added.size = packet.size();
  std::copy(packet.begin(), packet.end(), added.data.begin());
}

}  // namespace chime::stream
