// Whether a stream carries speech, decided block by block: the "V" bit of RFC 6464 and the speaking
// indicator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "audio/speech_features.hpp"
#include "audio/speech_model.hpp"

namespace chime::audio {

// Measures each 10 ms (SpeechFeatures), has a small network say how likely it is speech, asks for a few
// likely blocks, and holds on over the gaps between and inside words. One object a stream, one thread at a
// time; push() never allocates.
class SpeechDetector {
 public:
  // sample_rate in Hz: 8000, 12000, 16000, 24000, 32000 or 48000; channels, 1 to 8, interleaved in the blocks
  // that push() gets. Throws std::invalid_argument naming the value.
  explicit SpeechDetector(int sample_rate = 48000, int channels = 1);

  // Takes the next 10 ms (block_frames() frames); true while speech is heard, and for a hangover after it.
  bool push(std::span<const std::int16_t> block) noexcept;
  // The same for a block that a Narrowband has been over already.
  bool push_narrowband(std::span<const float, Narrowband::kBlock> block) noexcept;

  [[nodiscard]] bool speech() const noexcept { return hangover_blocks_ > 0; }
  // How likely, 0 to 1, the last block is speech, without hangover.
  [[nodiscard]] float probability() const noexcept { return probability_; }
  // What the last block was judged by.
  [[nodiscard]] const SpeechFeatures::Values& features() const noexcept { return features_.values(); }

  [[nodiscard]] std::size_t block_frames() const noexcept { return block_frames_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }

 private:
  bool judge(const SpeechFeatures::Values& features) noexcept;

  std::size_t block_frames_;
  int channels_;
  SpeechFeatures features_;
  SpeechModel model_;
  float probability_ = 0.0F;
  float smoothed_ = 0.0F;
  int hangover_blocks_ = 0;
};

}  // namespace chime::audio
