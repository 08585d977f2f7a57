#include "audio/speech.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace chime::audio {
namespace {

// A click or a single doubtful block raises no flag: the mean of some 30 ms has to be more than likely.
constexpr float kSmoothing = 0.3F;
constexpr float kLikely = 0.6F;
// Keeps the flag up across the gaps inside words and between them: plosives close for up to 100 ms.
constexpr int kHangoverBlocks = 15;  // 150 ms
// Softer than anyone speaks into a microphone; what an Opus decoder makes of silence is -90.
constexpr float kQuietDbov = -75.0F;

int checked_rate(int sample_rate) {
  constexpr std::array rates = {8000, 12000, 16000, 24000, 32000, 48000};
  if (std::find(rates.begin(), rates.end(), sample_rate) != rates.end()) return sample_rate;
  throw std::invalid_argument("sample_rate is " + std::to_string(sample_rate) +
                              ", allowed are 8000, 12000, 16000, 24000, 32000 and 48000");
}

int checked_channels(int channels) {
  if (channels >= 1 && channels <= 8) return channels;
  throw std::invalid_argument("channels is " + std::to_string(channels) + ", allowed are 1 to 8");
}

}  // namespace

SpeechDetector::SpeechDetector(int sample_rate, int channels)
    : block_frames_(static_cast<std::size_t>(checked_rate(sample_rate)) / 100),
      channels_(checked_channels(channels)),
      features_(sample_rate, channels) {}

bool SpeechDetector::push(std::span<const std::int16_t> block) noexcept {
  return judge(features_.update(block));
}

bool SpeechDetector::push_narrowband(std::span<const float, Narrowband::kBlock> block) noexcept {
  return judge(features_.update(block));
}

bool SpeechDetector::judge(const SpeechFeatures::Values& features) noexcept {
  const float probability = model_.update(features);
  probability_ = features_.level_dbov() < kQuietDbov ? 0.0F : probability;
  smoothed_ += kSmoothing * (probability_ - smoothed_);
  if (smoothed_ > kLikely) {
    hangover_blocks_ = kHangoverBlocks;
  } else if (hangover_blocks_ > 0) {
    --hangover_blocks_;
  }
  return speech();
}

}  // namespace chime::audio
