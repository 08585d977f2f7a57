#include "audio/speech.hpp"

#include <algorithm>
#include <cmath>

namespace chime::audio {
namespace {

// Keeps the flag up across the gaps inside words and between them: plosives close for up to 100 ms.
constexpr int kHangoverBlocks = 20;  // 200 ms
// Below this nothing is called speech, whatever the floor: the noise of a good room microphone.
constexpr float kQuietDbov = -62.0F;

}  // namespace

SpeechDetector::SpeechDetector(int /*sample_rate*/, int /*channels*/) noexcept {}

bool SpeechDetector::push(std::span<const std::int16_t> block) noexcept {
  const float level = measure_level(block).rms_dbov;
  // The floor falls at once to what is heard and rises 3 dB a second, slower than words but faster than
  // rooms.
  noise_dbov_ = level < noise_dbov_ ? std::max(level, -80.0F) : noise_dbov_ + 0.03F;
  const float above = level - std::max(noise_dbov_, kQuietDbov - 9.0F);
  probability_ = 1.0F / (1.0F + std::exp(-(above - 9.0F)));
  if (probability_ > 0.5F) {
    hangover_blocks_ = kHangoverBlocks;
  } else if (hangover_blocks_ > 0) {
    --hangover_blocks_;
  }
  return speech();
}

}  // namespace chime::audio
