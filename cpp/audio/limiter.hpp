// Brings a sum of streams back into 16 bits without clipping it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chime::audio {

// A peak limiter with no latency: within a block it looks ahead, so the gain is down before the peak comes;
// only a peak in the first millisecond of a block is met by an immediate cut. The gain is continuous,
// falls within a millisecond and recovers over some 200 ms, which is slow enough not to be heard as
// pumping. What fits 16 bits already, while the gain is 1, passes bit by bit. One object a mix, one thread at
// a time, no allocation.
class Limiter {
 public:
  // `mix` and `out` hold the same number of interleaved samples, a block of about 10 ms. True when it passed
  // as it was.
  bool process(std::span<const std::int32_t> mix, std::size_t channels, std::span<std::int16_t> out) noexcept;

  // The same for a block of which it is known already that it does not fit, or while the limiter is not idle.
  void turn_down(std::span<const std::int32_t> mix, std::size_t channels,
                 std::span<std::int16_t> out) noexcept;
  // The same for mix - own, where `scratch` holds as many samples.
  void turn_down(std::span<const std::int32_t> mix, const std::int16_t* own, std::span<std::int32_t> scratch,
                 std::size_t channels, std::span<std::int16_t> out) noexcept;

  // Gain at the end of the last block, 0 to 1.
  [[nodiscard]] float gain() const noexcept { return gain_; }
  // True when process() would let a block pass as it is, given that all its samples fit 16 bits.
  [[nodiscard]] bool idle() const noexcept { return fresh_ || gain_ == 1.0F; }
  // Takes note of a block that needed no change, for callers that found out by themselves while idle().
  void pass() noexcept { fresh_ = false; }
  // Goes on from the gain of another mix, for a listener who changes from that mix to this one.
  void follow(const Limiter& other) noexcept { *this = other; }

 private:
  // A block is cut into pieces, a millisecond each for 10 ms: shorter than a pitch period (so a peak is met
  // before its neighbours are changed much), longer than a period of what the ear takes for a click.
  static constexpr std::size_t kPieces = 10;
  // `allowed` is the highest gain of each piece.
  void apply(const std::int32_t* mix, std::size_t frames, std::size_t channels, const float* allowed,
             std::int16_t* out) noexcept;

  float gain_ = 1.0F;
  bool fresh_ = true;  // no block yet, so the first may start at any gain
};

}  // namespace chime::audio
