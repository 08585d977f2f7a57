#include "audio/speech.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace chime::audio {
namespace {

// Keeps the flag up across the gaps inside words and between them: plosives close for up to 100 ms.
constexpr int kHangoverBlocks = 20;  // 200 ms
// Below this nothing is called speech, whatever the floor: the noise of a good room microphone.
constexpr float kQuietDbov = -62.0F;

}  // namespace

SpeechDetector::SpeechDetector(int sample_rate, int channels)
    : block_frames_(static_cast<std::size_t>(sample_rate) / 100), channels_(channels) {
  constexpr std::array rates = {8000, 16000, 24000, 32000, 48000};
  if (std::find(rates.begin(), rates.end(), sample_rate) == rates.end()) {
    throw std::invalid_argument("sample_rate is " + std::to_string(sample_rate) +
                                ", allowed are 8000, 16000, 24000, 32000 and 48000");
  }
  if (channels < 1 || channels > 8) {
    throw std::invalid_argument("channels is " + std::to_string(channels) + ", allowed are 1 to 8");
  }
}

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
