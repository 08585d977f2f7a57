#include "audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/kernels.hpp"

namespace chime::audio {
namespace {

constexpr float kCeiling = 32767.0F;
// Share of the way back to 1 in each piece: time constant 200 pieces, 200 ms.
constexpr float kRelease = 1.0F / 200.0F;
// So near to 1 that no sample changes by more than its least bit; the gain is set to 1 there, to pass bit by
// bit again (and before the steps of the release get too small for a float).
constexpr float kTransparent = 1.0F - 1.0F / 32768.0F;

std::int16_t scaled(std::int32_t sample, float gain) noexcept {
  return static_cast<std::int16_t>(std::lrint(static_cast<float>(sample) * gain));
}

// Some frames that begin above the gain they allow: it goes down in a line, or at once where a sample asks
// for it, and not up again.
void cut(const std::int32_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
         float end) noexcept {
  const float step = (end - start) / static_cast<float>(frames);
  float gain = start;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const std::int32_t* samples = from + frame * channels;
    gain = std::min(gain, start + step * static_cast<float>(frame + 1));
    for (std::size_t c = 0; c < channels; ++c) {
      const float magnitude = std::abs(static_cast<float>(samples[c]));
      if (magnitude * gain > kCeiling) gain = kCeiling / magnitude;
    }
    for (std::size_t c = 0; c < channels; ++c) to[frame * channels + c] = scaled(samples[c], gain);
  }
}

}  // namespace

bool Limiter::process(std::span<const std::int32_t> mix, std::size_t channels,
                      std::span<std::int16_t> out) noexcept {
  if (idle() && !kernels::pack(mix.data(), out.data(), mix.size())) {
    fresh_ = false;
    return true;
  }
  turn_down(mix, channels, out);
  return false;
}

void Limiter::turn_down(std::span<const std::int32_t> mix, std::size_t channels,
                        std::span<std::int16_t> out) noexcept {
  const std::size_t frames = mix.size() / channels;
  std::array<float, kPieces> allowed;
  kernels::fitting_gains(mix.data(), frames, channels, kPieces, kCeiling, allowed.data());
  apply(mix.data(), frames, channels, allowed.data(), out.data());
}

void Limiter::turn_down(std::span<const std::int32_t> mix, const std::int16_t* own,
                        std::span<std::int32_t> scratch, std::size_t channels,
                        std::span<std::int16_t> out) noexcept {
  const std::size_t frames = mix.size() / channels;
  std::array<float, kPieces> allowed;
  kernels::subtract_and_fit(mix.data(), own, scratch.data(), frames, channels, kPieces, kCeiling,
                            allowed.data());
  apply(scratch.data(), frames, channels, allowed.data(), out.data());
}

void Limiter::apply(const std::int32_t* mix, std::size_t frames, std::size_t channels, const float* allowed,
                    std::int16_t* out) noexcept {
  std::array<float, kPieces + 1> gains;  // at the edges of the pieces
  gains[0] = fresh_ ? allowed[0] : gain_;
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    const float released = gains[piece] + (1.0F - gains[piece]) * kRelease;
    const float next = piece + 1 < kPieces ? allowed[piece + 1] : 1.0F;
    gains[piece + 1] = std::min(std::min(released, allowed[piece]), next);
  }
  // Only what comes with the start of a block is not seen in advance.
  const bool surprised = gains[0] > allowed[0];
  if (surprised) cut(mix, out, kernels::piece_begin(1, frames, kPieces), channels, gains[0], gains[1]);
  kernels::ramps(mix, out, frames, channels, kPieces, surprised ? 1 : 0, gains.data());
  gain_ = gains[kPieces] > kTransparent ? 1.0F : gains[kPieces];
  fresh_ = false;
}

}  // namespace chime::audio
