// Whether a stream carries speech, decided block by block: the "V" bit of RFC 6464 and the speaking
// indicator.
#pragma once

#include <cstdint>
#include <span>

#include "audio/level.hpp"

namespace chime::audio {

// Follows the noise floor of one stream and calls what stands clearly above it speech. One object a stream,
// one thread at a time; push() never allocates.
class SpeechDetector {
 public:
  // sample_rate in Hz, channels interleaved in the blocks that push() gets.
  explicit SpeechDetector(int sample_rate = 48000, int channels = 1) noexcept;

  // Takes the next 10 ms; true while speech is heard, and for a hangover after it.
  bool push(std::span<const std::int16_t> block) noexcept;

  [[nodiscard]] bool speech() const noexcept { return hangover_blocks_ > 0; }
  // How sure, 0 to 1, for the last block alone (without hangover).
  [[nodiscard]] float probability() const noexcept { return probability_; }

 private:
  float noise_dbov_ = -70.0F;
  float probability_ = 0.0F;
  int hangover_blocks_ = 0;
};

}  // namespace chime::audio
