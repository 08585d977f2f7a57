// The inner loops of this room over plain arrays. Written as simple loops that compilers vectorise; on x86-64
// they are built twice and the processor picks (see kernels.cpp). Arrays do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chime::audio::kernels {

struct SquaresAndPeak {
  std::uint64_t sum_squares = 0;
  std::uint32_t peak = 0;  // largest magnitude, 0 to 32768
};

[[nodiscard]] SquaresAndPeak squares_and_peak(const std::int16_t* samples, std::size_t count) noexcept;

void int16_to_float(const std::int16_t* from, float* to, std::size_t count) noexcept;
void float_to_int16(const float* from, std::int16_t* to, std::size_t count) noexcept;

// total += samples
void accumulate(std::int32_t* total, const std::int16_t* samples, std::size_t count) noexcept;
// total -= samples
void deduct(std::int32_t* total, const std::int16_t* samples, std::size_t count) noexcept;
// difference = total - samples
void subtract(const std::int32_t* total, const std::int16_t* samples, std::int32_t* difference,
              std::size_t count) noexcept;
void subtract(const std::int32_t* total, const std::int32_t* samples, std::int32_t* difference,
              std::size_t count) noexcept;
// Narrows to 16 bits, holding what does not fit at the nearest bound; true when there was such a sample.
bool pack(const std::int32_t* from, std::int16_t* to, std::size_t count) noexcept;
// The same for total - samples.
bool subtract_and_pack(const std::int32_t* total, const std::int16_t* samples, std::int16_t* to,
                       std::size_t count) noexcept;
// The block cut into `pieces` of like length: the largest magnitude in each, 0 in one without samples.
void peaks(const std::int32_t* samples, std::size_t frames, std::size_t channels, std::size_t pieces,
           std::uint32_t* result) noexcept;
// First frame of a piece, in a block that is cut as by peaks().
[[nodiscard]] constexpr std::size_t piece_begin(std::size_t piece, std::size_t frames,
                                                std::size_t pieces) noexcept {
  return frames * piece / pieces;
}
// to = from * gain, where the gain goes in a line from `start` (before the first frame) to `end` (at the last
// one). No product may be beyond 16 bits.
void ramp(const std::int16_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
          float end) noexcept;
void ramp(const std::int32_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
          float end) noexcept;

}  // namespace chime::audio::kernels
