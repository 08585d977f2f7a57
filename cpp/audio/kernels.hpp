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
// total += a + b + c + d, with one reading and writing of the total.
void accumulate(std::int32_t* total, const std::int16_t* a, const std::int16_t* b, const std::int16_t* c,
                const std::int16_t* d, std::size_t count) noexcept;
// total -= samples
void deduct(std::int32_t* total, const std::int16_t* samples, std::size_t count) noexcept;
// difference = total - samples
void subtract(const std::int32_t* total, const std::int32_t* samples, std::int32_t* difference,
              std::size_t count) noexcept;
// Narrows to 16 bits, holding what does not fit at the nearest bound; true when there was such a sample.
bool pack(const std::int32_t* from, std::int16_t* to, std::size_t count) noexcept;
// The same for total - samples.
bool subtract_and_pack(const std::int32_t* total, const std::int16_t* samples, std::int16_t* to,
                       std::size_t count) noexcept;
// total - samples where the total fits 16 bits: true when a difference does not, and then `to` is of no use.
bool subtract_narrow(const std::int16_t* total, const std::int16_t* samples, std::int16_t* to,
                     std::size_t count) noexcept;
// The block cut into `pieces` (kMaxPieces at most) of like length: the highest gain, up to 1, at which each
// keeps within `ceiling`; 1 for one without samples.
inline constexpr std::size_t kMaxPieces = 16;
void fitting_gains(const std::int32_t* samples, std::size_t frames, std::size_t channels, std::size_t pieces,
                   float ceiling, float* gains) noexcept;
// The same for difference = total - samples.
void subtract_and_fit(const std::int32_t* total, const std::int16_t* samples, std::int32_t* difference,
                      std::size_t frames, std::size_t channels, std::size_t pieces, float ceiling,
                      float* gains) noexcept;
// First frame of a piece, in a block that is cut as by fitting_gains().
[[nodiscard]] constexpr std::size_t piece_begin(std::size_t piece, std::size_t frames,
                                                std::size_t pieces) noexcept {
  return frames * piece / pieces;
}
// to = from * gain for the pieces from `first` on, where the gain goes in a line through `gains`, one at each
// edge of a piece. No product may be beyond 16 bits.
void ramps(const std::int32_t* from, std::int16_t* to, std::size_t frames, std::size_t channels,
           std::size_t pieces, std::size_t first, const float* gains) noexcept;
// The same for one line from `start` (before the first frame) to `end` (at the last one).
void ramp(const std::int16_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
          float end) noexcept;
// Mean of the channels of each frame, full scale 1.
void average_channels(const std::int16_t* from, float* to, std::size_t frames, std::size_t channels) noexcept;
// to[k] = sum over i of from[k * factor + i] * filter[i], for factors 2, 3, 4 and 6 and a filter of factor *
// kTapsPerStep taps.
inline constexpr std::size_t kTapsPerStep = 16;
void decimate(const float* from, const float* filter, std::size_t factor, float* to,
              std::size_t count) noexcept;

}  // namespace chime::audio::kernels
