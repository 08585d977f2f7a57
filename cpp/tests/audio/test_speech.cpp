#include "audio/speech.hpp"

#include <doctest/doctest.h>

#include <vector>

using chime::audio::SpeechDetector;

TEST_CASE("digital silence is never speech") {
  SpeechDetector detector;
  std::vector<std::int16_t> silence(480, 0);
  for (int i = 0; i < 200; ++i) CHECK_FALSE(detector.push(silence));
}
