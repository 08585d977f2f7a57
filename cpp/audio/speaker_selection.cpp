#include "audio/speaker_selection.hpp"

namespace chime::audio {
namespace {

// Share of the way to a louder level in 10 ms: half way in 10 ms, so that a word's first phoneme gets in.
constexpr float kRise = 0.5F;
// Share of the way to a softer level: time constant 300 ms, longer than the gaps between words.
constexpr float kFall = 1.0F / 30.0F;
// 6 dB: what a challenger must be louder by.
constexpr float kHeadStart = 4.0F;

}  // namespace

void SpeakerSelection::update(SpeakerScore& score, float mean_square) noexcept {
  score.power += (mean_square - score.power) * (mean_square > score.power ? kRise : kFall);
}

float SpeakerSelection::strength(const SpeakerScore& score) noexcept {
  return score.selected ? score.power * kHeadStart : score.power;
}

}  // namespace chime::audio
