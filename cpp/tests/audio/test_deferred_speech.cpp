#include "audio/deferred_speech.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "tests/allocation_counter.hpp"

using chime::audio::DeferredSpeech;
using chime::audio::SpeechDetector;

namespace {

// Noise that every now and then turns into a harmonic sound with the rhythm of syllables.
std::vector<std::int16_t> block(int number, std::size_t frames, int channels, std::mt19937& random) {
  std::vector<std::int16_t> pcm(frames * static_cast<std::size_t>(channels));
  std::normal_distribution<double> noise(0, 60);
  const bool talking = number / 150 % 2 == 1;
  for (std::size_t i = 0; i < frames; ++i) {
    const double t = 0.01 * (number + static_cast<double>(i) / static_cast<double>(frames));
    double value = noise(random);
    for (int harmonic = 1; talking && harmonic <= 15; ++harmonic) {
      value +=
          2500 * std::max(0.0, std::sin(25 * t)) * std::sin(2 * 3.14159265 * 140 * harmonic * t) / harmonic;
    }
    for (int c = 0; c < channels; ++c)
      pcm[i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c)] =
          static_cast<std::int16_t>(value);
  }
  return pcm;
}

}  // namespace

TEST_CASE("asked within its memory it says what a detector says, however often") {
  for (const int rate : {12000, 48000}) {
    CAPTURE(rate);
    SpeechDetector detector(rate, 2);
    DeferredSpeech always(rate, 2);
    DeferredSpeech seldom(rate, 2);
    std::mt19937 random(1);
    int speech = 0;
    for (int n = 0; n < 1200; ++n) {
      const auto pcm = block(n, detector.block_frames(), 2, random);
      const bool expected = detector.push(pcm);
      always.push(pcm);
      seldom.push(pcm);
      REQUIRE(always.speech() == expected);
      if (n % 97 == 0) REQUIRE(seldom.speech() == expected);
      speech += expected ? 1 : 0;
    }
    CHECK(speech > 200);
    CHECK(speech < 1000);
  }
}

TEST_CASE("asked after a long time it judges by what it remembers, and allocates nothing") {
  DeferredSpeech speech(16000, 1);
  SpeechDetector detector(16000, 1);
  std::mt19937 random(2);
  for (int n = 0; n < 1150; ++n) {
    const auto pcm = block(n, 160, 1, random);
    detector.push(pcm);
    const auto before = chime::tests::allocations();
    speech.push(pcm);
    CHECK(chime::tests::allocations() == before);
  }
  const auto before = chime::tests::allocations();
  CHECK(speech.speech() == detector.speech());
  CHECK(chime::tests::allocations() == before);
}

TEST_CASE("impossible parameters are refused") {
  CHECK_THROWS_AS(DeferredSpeech(44100, 1), std::invalid_argument);
  CHECK_THROWS_AS(DeferredSpeech(48000, 0), std::invalid_argument);
}
