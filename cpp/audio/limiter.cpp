#include "audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

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

struct Piece {
  std::size_t begin = 0;  // frames
  std::size_t end = 0;
  float allowed = 1.0F;  // the highest gain at which the piece fits
};

std::int16_t scaled(std::int32_t sample, float gain) noexcept {
  return static_cast<std::int16_t>(std::lrint(static_cast<float>(sample) * gain));
}

float allowed_gain(std::uint32_t peak) noexcept {
  const auto magnitude = static_cast<float>(peak);
  return magnitude > kCeiling ? kCeiling / magnitude : 1.0F;
}

}  // namespace

void Limiter::process(std::span<const std::int32_t> mix, std::size_t channels,
                      std::span<std::int16_t> out) noexcept {
  if (idle() && !kernels::pack(mix.data(), out.data(), mix.size())) {
    fresh_ = false;
    return;
  }
  const std::size_t frames = mix.size() / channels;
  std::array<Piece, kPieces> pieces;
  for (std::size_t k = 0; k < kPieces; ++k) {
    Piece& piece = pieces[k];
    piece.begin = frames * k / kPieces;
    piece.end = frames * (k + 1) / kPieces;
    piece.allowed = allowed_gain(
        kernels::peak(mix.data() + piece.begin * channels, (piece.end - piece.begin) * channels));
  }
  if (fresh_) gain_ = pieces[0].allowed;
  fresh_ = false;

  for (std::size_t k = 0; k < kPieces; ++k) {
    const Piece& piece = pieces[k];
    if (piece.begin == piece.end) continue;
    const float next_allowed = k + 1 < kPieces ? pieces[k + 1].allowed : 1.0F;
    const float start = gain_;
    const float end = std::min({start + (1.0F - start) * kRelease, piece.allowed, next_allowed});
    const float step = (end - start) / static_cast<float>(piece.end - piece.begin);
    // Only the first piece of a block can start above what it allows: then the gain is cut sample by sample.
    const bool surprised = start > piece.allowed;
    float cut = start;
    for (std::size_t frame = piece.begin; frame < piece.end; ++frame) {
      const std::int32_t* from = mix.data() + frame * channels;
      float gain = start + step * static_cast<float>(frame - piece.begin + 1);
      if (surprised) {
        cut = std::min(cut, gain);
        cut = std::min(cut, allowed_gain(kernels::peak(from, channels)));
        gain = std::max(cut, end);
      }
      for (std::size_t channel = 0; channel < channels; ++channel) {
        out[frame * channels + channel] = scaled(from[channel], gain);
      }
    }
    gain_ = end;
  }
  if (gain_ > kTransparent) gain_ = 1.0F;
}

}  // namespace chime::audio
