// What the measured features say about speech: a small network whose weights are fitted by
// tools/fit_speech_model.py.
#pragma once

#include <array>
#include <cstddef>

#include "audio/speech_features.hpp"
#include "audio/speech_weights.hpp"

namespace chime::audio {

// Looks at the features of the last block and of some before it, up to 0.6 s, since speech shows in how a
// sound goes on. No allocation.
class SpeechModel {
 public:
  // Takes the features of the next block; the probability, 0 to 1, that it is speech.
  float update(const SpeechFeatures::Values& features) noexcept;

 private:
  // Blocks to remember: up to the oldest that is looked at, and itself.
  static constexpr std::size_t kRemembered = speech_weights::kLags.back() + 1;

  std::array<SpeechFeatures::Values, kRemembered> history_{};
  std::size_t newest_ = 0;
  bool started_ = false;
};

}  // namespace chime::audio
