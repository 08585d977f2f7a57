#include "audio/limiter.hpp"

#include <algorithm>
#include <array>

#include "audio/kernels.hpp"

namespace chime::audio {
namespace {

// The block is cut into twenty pieces, half a millisecond each for 10 ms: shorter than a pitch period (so a
// peak is met before its neighbours are changed much), longer than a period of what the ear takes for a
// click.
constexpr std::size_t kPieces = 20;
constexpr float kCeiling = 32767.0F;
// Share of the way back to 1 in each piece: time constant 400 pieces, 200 ms.
constexpr float kRelease = 1.0F / 400.0F;
// So near to 1 that no sample changes by more than its least bit; the gain is set to 1 there, to pass bit by
// bit again (and before the steps of the release get too small for a float).
constexpr float kTransparent = 1.0F - 1.0F / 32768.0F;

std::uint32_t magnitude(std::int32_t sample) noexcept {
  const auto bits = static_cast<std::uint32_t>(sample);
  return sample < 0 ? 0U - bits : bits;
}

float allowed_gain(std::uint32_t peak) noexcept {
  const auto level = static_cast<float>(peak);
  return level > kCeiling ? kCeiling / level : 1.0F;
}

// A piece that begins above the gain it allows: the gain goes down in a line, or at once where a sample asks
// for it, and not up again.
void cut(const std::int32_t* from, std::int16_t* to, std::size_t frames, std::size_t channels, float start,
         float end) noexcept {
  const float step = (end - start) / static_cast<float>(frames);
  float gain = start;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const std::int32_t* samples = from + frame * channels;
    gain = std::min(gain, start + step * static_cast<float>(frame + 1));
    for (std::size_t c = 0; c < channels; ++c) gain = std::min(gain, allowed_gain(magnitude(samples[c])));
    kernels::ramp(samples, to + frame * channels, 1, channels, gain, gain);
  }
}

}  // namespace

void Limiter::process(std::span<const std::int32_t> mix, std::size_t channels,
                      std::span<std::int16_t> out) noexcept {
  if (idle() && !kernels::pack(mix.data(), out.data(), mix.size())) {
    fresh_ = false;
    return;
  }
  const std::size_t frames = mix.size() / channels;
  std::array<std::uint32_t, kPieces> peaks;
  kernels::peaks(mix.data(), frames, channels, kPieces, peaks.data());
  std::array<float, kPieces + 1> allowed;
  for (std::size_t piece = 0; piece < kPieces; ++piece) allowed[piece] = allowed_gain(peaks[piece]);
  allowed[kPieces] = 1.0F;
  if (fresh_) gain_ = allowed[0];
  fresh_ = false;

  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    const std::size_t begin = kernels::piece_begin(piece, frames, kPieces);
    const std::size_t length = kernels::piece_begin(piece + 1, frames, kPieces) - begin;
    if (length == 0) continue;
    const float start = gain_;
    const float end = std::min({start + (1.0F - start) * kRelease, allowed[piece], allowed[piece + 1]});
    const std::int32_t* from = mix.data() + begin * channels;
    std::int16_t* to = out.data() + begin * channels;
    // Only the first piece of a block can begin above what it allows.
    if (start > allowed[piece]) {
      cut(from, to, length, channels, start, end);
    } else {
      kernels::ramp(from, to, length, channels, start, end);
    }
    gain_ = end;
  }
  if (gain_ > kTransparent) gain_ = 1.0F;
}

}  // namespace chime::audio
