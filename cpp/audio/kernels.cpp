#include "audio/kernels.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "audio/clones.hpp"

namespace chime::audio::kernels {
namespace {

constexpr std::int32_t kLow = std::numeric_limits<std::int16_t>::min();
constexpr std::int32_t kHigh = std::numeric_limits<std::int16_t>::max();
constexpr float kFullScale = 32768.0F;

// Rounds a float of magnitude under 2^22 to nearest, ties to even: adding 1.5 * 2^23 leaves the integer in
// the low bits of the mantissa. Vectorises on any target, unlike lrint.
inline std::int16_t round_to_int16(float value) noexcept {
  constexpr float shift = 12582912.0F;
  return static_cast<std::int16_t>(std::bit_cast<std::int32_t>(value + shift));
}

// Within 16 bits; NaN becomes 0. On the bits, because compilers keep comparisons of floats as branches.
inline float held(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  const std::uint32_t bound = 0x46FFFE00U + (bits >> 31U) * 0x200U;  // 32767.0F, or 32768.0F below zero
  std::uint32_t least = std::min(magnitude, bound);
  least = magnitude > 0x7F800000U ? 0U : least;
  return std::bit_cast<float>(least | (bits & 0x80000000U));
}

inline std::int16_t held(std::int32_t value) noexcept {
  return static_cast<std::int16_t>(std::min(std::max(value, kLow), kHigh));
}

// Not zero for what does not fit 16 bits.
inline std::uint32_t excess(std::int32_t value) noexcept {
  return (static_cast<std::uint32_t>(value) + 32768U) >> 16U;
}

}  // namespace

CHIME_CLONES
SquaresAndPeak squares_and_peak(const std::int16_t* samples, std::size_t count) noexcept {
  SquaresAndPeak result;
  std::int16_t low = 0;
  std::int16_t high = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int16_t sample = samples[i];
    low = std::min(low, sample);
    high = std::max(high, sample);
    result.sum_squares += static_cast<std::uint32_t>(static_cast<std::int32_t>(sample) * sample);
  }
  result.peak =
      static_cast<std::uint32_t>(std::max(-static_cast<std::int32_t>(low), static_cast<std::int32_t>(high)));
  return result;
}

CHIME_CLONES
void int16_to_float(const std::int16_t* __restrict from, float* __restrict to, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * (1.0F / kFullScale);
}

CHIME_CLONES
void float_to_int16(const float* __restrict from, std::int16_t* __restrict to, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = round_to_int16(held(from[i] * kFullScale));
  }
}

CHIME_CLONES
void accumulate(std::int32_t* __restrict total, const std::int16_t* __restrict samples,
                std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) total[i] += samples[i];
}

CHIME_CLONES
void accumulate(std::int32_t* __restrict total, const std::int16_t* __restrict a,
                const std::int16_t* __restrict b, const std::int16_t* __restrict c,
                const std::int16_t* __restrict d, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) total[i] += (a[i] + b[i]) + (c[i] + d[i]);
}

CHIME_CLONES
void deduct(std::int32_t* __restrict total, const std::int16_t* __restrict samples,
            std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) total[i] -= samples[i];
}

CHIME_CLONES
void subtract(const std::int32_t* __restrict total, const std::int32_t* __restrict samples,
              std::int32_t* __restrict difference, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) difference[i] = total[i] - samples[i];
}

CHIME_CLONES
bool pack(const std::int32_t* __restrict from, std::int16_t* __restrict to, std::size_t count) noexcept {
  std::uint32_t over = 0;
  for (std::size_t i = 0; i < count; ++i) {
    over |= excess(from[i]);
    to[i] = held(from[i]);
  }
  return over != 0;
}

CHIME_CLONES
bool subtract_and_pack(const std::int32_t* __restrict total, const std::int16_t* __restrict samples,
                       std::int16_t* __restrict to, std::size_t count) noexcept {
  std::uint32_t over = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t difference = total[i] - samples[i];
    over |= excess(difference);
    to[i] = held(difference);
  }
  return over != 0;
}

CHIME_CLONES
bool subtract_narrow(const std::int16_t* __restrict total, const std::int16_t* __restrict samples,
                     std::int16_t* __restrict to, std::size_t count) noexcept {
  std::int16_t over = 0;  // below zero when the sign of a difference is wrong
  for (std::size_t i = 0; i < count; ++i) {
    const auto difference = static_cast<std::int16_t>(total[i] - samples[i]);
    over = static_cast<std::int16_t>(over | ((total[i] ^ samples[i]) & (total[i] ^ difference)));
    to[i] = difference;
  }
  return over < 0;
}

namespace {

// `sample(i)` gives each sample once.
template <typename Sample>
CHIME_INLINE void fit(Sample sample, std::size_t frames, std::size_t channels, std::size_t pieces,
                      float ceiling, float* gains) noexcept {
  float peaks[kMaxPieces];
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t begin = piece_begin(piece, frames, pieces) * channels;
    const std::size_t end = piece_begin(piece + 1, frames, pieces) * channels;
    std::int32_t low = 0;
    std::int32_t high = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const std::int32_t value = sample(i);
      low = std::min(low, value);
      high = std::max(high, value);
    }
    peaks[piece] = std::max(-static_cast<float>(low), static_cast<float>(high));
  }
  for (std::size_t piece = pieces; piece < kMaxPieces; ++piece) peaks[piece] = ceiling;
  // All of them, and so without a branch for whether one fits, which cannot be foreseen.
  for (float& peak : peaks) peak = ceiling / std::max(peak, ceiling);
  for (std::size_t piece = 0; piece < pieces; ++piece) gains[piece] = peaks[piece];
}

}  // namespace

CHIME_CLONES
void fitting_gains(const std::int32_t* samples, std::size_t frames, std::size_t channels, std::size_t pieces,
                   float ceiling, float* gains) noexcept {
  fit([samples](std::size_t i) { return samples[i]; }, frames, channels, pieces, ceiling, gains);
}

CHIME_CLONES
void subtract_and_fit(const std::int32_t* __restrict total, const std::int16_t* __restrict samples,
                      std::int32_t* __restrict difference, std::size_t frames, std::size_t channels,
                      std::size_t pieces, float ceiling, float* gains) noexcept {
  const auto subtract_one = [=](std::size_t i) { return difference[i] = total[i] - samples[i]; };
  fit(subtract_one, frames, channels, pieces, ceiling, gains);
}

namespace {

// kShift: channels as a power of two, so that the frame of a sample is a shift away.
template <unsigned kShift, typename Sample>
CHIME_INLINE void ramp_samples(const Sample* from, std::int16_t* to, std::size_t count, float start,
                               float step) noexcept {
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
    const float gain = start + step * static_cast<float>(static_cast<std::int32_t>(i >> kShift) + 1);
    to[i] = round_to_int16(static_cast<float>(from[i]) * gain);
  }
}

template <typename Sample>
CHIME_INLINE void ramp_any(const Sample* from, std::int16_t* to, std::size_t frames, std::size_t channels,
                           float start, float end) noexcept {
  const float step = (end - start) / static_cast<float>(frames);
  if (channels == 1) return ramp_samples<0>(from, to, frames, start, step);
  if (channels == 2) return ramp_samples<1>(from, to, frames * 2, start, step);
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const float gain = start + step * static_cast<float>(frame + 1);
    for (std::size_t i = frame * channels; i < (frame + 1) * channels; ++i) {
      to[i] = round_to_int16(static_cast<float>(from[i]) * gain);
    }
  }
}

}  // namespace

CHIME_CLONES
void ramp(const std::int16_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
          float end) noexcept {
  ramp_any(from, to, frames, channels, start, end);
}

CHIME_CLONES
void ramps(const std::int32_t* from, std::int16_t* to, std::size_t frames, std::size_t channels,
           std::size_t pieces, std::size_t first, const float* gains) noexcept {
  for (std::size_t piece = first; piece < pieces; ++piece) {
    const std::size_t begin = piece_begin(piece, frames, pieces);
    const std::size_t length = piece_begin(piece + 1, frames, pieces) - begin;
    if (length == 0) continue;
    ramp_any(from + begin * channels, to + begin * channels, length, channels, gains[piece],
             gains[piece + 1]);
  }
}

namespace {

template <std::size_t kTaps>
CHIME_INLINE float dot(const float* a, const float* b) noexcept {
  // Eight sums side by side, which is what the vector units have; the order of additions is ours, so it may
  // be vectorised.
  float sums[8] = {};
  for (std::size_t i = 0; i < kTaps; i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

template <std::size_t kFactor>
CHIME_INLINE void decimate_by(const float* from, const float* filter, float* to, std::size_t count) noexcept {
  for (std::size_t k = 0; k < count; ++k) to[k] = dot<kFactor * kTapsPerStep>(from + k * kFactor, filter);
}

}  // namespace

CHIME_CLONES
void decimate(const float* from, const float* filter, std::size_t factor, float* to,
              std::size_t count) noexcept {
  switch (factor) {
    case 2:
      return decimate_by<2>(from, filter, to, count);
    case 3:
      return decimate_by<3>(from, filter, to, count);
    case 4:
      return decimate_by<4>(from, filter, to, count);
    default:
      return decimate_by<6>(from, filter, to, count);
  }
}

CHIME_CLONES
void average_channels(const std::int16_t* from, float* to, std::size_t frames,
                      std::size_t channels) noexcept {
  if (channels == 1) {
    for (std::size_t i = 0; i < frames; ++i) to[i] = static_cast<float>(from[i]) * (1.0F / kFullScale);
    return;
  }
  const float scale = 1.0F / (kFullScale * static_cast<float>(channels));
  for (std::size_t i = 0; i < frames; ++i) {
    std::int32_t sum = 0;
    for (std::size_t channel = 0; channel < channels; ++channel) sum += from[i * channels + channel];
    to[i] = static_cast<float>(sum) * scale;
  }
}

}  // namespace chime::audio::kernels
