#include "audio/speech.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

using chime::audio::SpeechDetector;

namespace {

// Uniform noise from a fixed sequence.
class Noise {
 public:
  std::int16_t next(int amplitude) {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<std::int16_t>(static_cast<int>(state_ >> 16U) % (2 * amplitude + 1) - amplitude);
  }

 private:
  std::uint32_t state_ = 1;
};

}  // namespace

TEST_CASE("silence is never speech, neither digital nor what a decoder makes of it") {
  for (const int amplitude : {0, 1, 2}) {
    SpeechDetector detector;
    Noise noise;
    std::vector<std::int16_t> block(480);
    for (int i = 0; i < 300; ++i) {
      for (auto& sample : block) sample = noise.next(amplitude);
      CHECK_FALSE(detector.push(block));
      CHECK(detector.probability() == 0.0F);
    }
  }
}

TEST_CASE("steady noise is not speech once it is known") {
  for (const int rate : {8000, 12000, 16000, 24000, 32000, 48000}) {
    SpeechDetector detector(rate, 2);
    Noise noise;
    std::vector<std::int16_t> block(detector.block_frames() * 2);
    int flags = 0;
    for (int i = 0; i < 600; ++i) {
      for (auto& sample : block) sample = noise.next(3000);
      if (detector.push(block) && i >= 100) ++flags;
    }
    CHECK(flags < 25);
  }
}

TEST_CASE("impossible parameters are refused by name") {
  CHECK_THROWS_AS(SpeechDetector(44100, 1), std::invalid_argument);
  CHECK_THROWS_WITH_AS(SpeechDetector(48000, 9), "channels is 9, allowed are 1 to 8", std::invalid_argument);
}
