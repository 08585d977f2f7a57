#include "audio/loudness.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

using chime::audio::kLeastLufs;
using chime::audio::LoudnessMeter;

namespace {

// A sine of a peak level in dBFS in all channels.
void push_sine(LoudnessMeter& meter, double seconds, double dbfs, double hz = 1000) {
  const auto channels = static_cast<std::size_t>(meter.channels());
  const auto frames = static_cast<std::size_t>(seconds * meter.sample_rate());
  std::vector<std::int16_t> pcm(frames * channels);
  const double amplitude = 32768 * std::pow(10, dbfs / 20);
  for (std::size_t i = 0; i < frames; ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / meter.sample_rate();
    for (std::size_t c = 0; c < channels; ++c)
      pcm[i * channels + c] = static_cast<std::int16_t>(std::lrint(amplitude * std::sin(angle)));
  }
  meter.push(pcm);
}

}  // namespace

TEST_CASE("a sine of 997 Hz at -3.01 dBFS less is as BS.1770 says, at every rate") {
  for (const int rate : {8000, 16000, 24000, 32000, 44100, 48000, 96000}) {
    CAPTURE(rate);
    LoudnessMeter mono(rate, 1);
    push_sine(mono, 4, -20, 997);
    CHECK(mono.momentary() == doctest::Approx(-23.01).epsilon(0.0045));
    LoudnessMeter stereo(rate, 2);
    push_sine(stereo, 4, -23, 1000);
    CHECK(stereo.momentary() == doctest::Approx(-23).epsilon(0.0045));
    CHECK(stereo.short_term() == doctest::Approx(-23).epsilon(0.0045));
    CHECK(stereo.integrated() == doctest::Approx(-23).epsilon(0.0045));
    LoudnessMeter both(rate, 1, true);
    push_sine(both, 4, -23, 1000);
    CHECK(both.momentary() == doctest::Approx(-23).epsilon(0.0045));
  }
}

TEST_CASE("the minimum requirements of EBU Tech 3341 for integrated loudness") {
  struct Part {
    double seconds;
    double dbfs;
  };
  struct Case {
    std::vector<Part> parts;
    double lufs;
  };
  // Test signals 1 to 5: gating leaves out what is below -70 LUFS, and what is 10 LU below the rest.
  const std::vector<Case> cases = {
      {{{20, -23}}, -23},
      {{{20, -33}}, -33},
      {{{10, -36}, {60, -23}, {10, -36}}, -23},
      {{{10, -72}, {10, -36}, {60, -23}, {10, -36}, {10, -72}}, -23},
      {{{20, -26}, {20.1, -20}, {20, -26}}, -23},
  };
  for (const Case& test : cases) {
    LoudnessMeter meter(48000, 2);
    for (const Part& part : test.parts) push_sine(meter, part.seconds, part.dbfs);
    CAPTURE(test.parts.size());
    CHECK(std::abs(meter.integrated() - test.lufs) <= 0.1);
  }
}

TEST_CASE("short-term and momentary follow what EBU Tech 3341 asks of them") {
  // Signal 9: -20 for 1.34 s and -30 for 1.66 s, five times: short-term is -23 from 3 s on.
  LoudnessMeter slow(48000, 2);
  for (int i = 0; i < 5; ++i) {
    push_sine(slow, 1.34, -20);
    push_sine(slow, 1.66, -30);
    CHECK(std::abs(slow.short_term() + 23) <= 0.1);
  }
  // Signal 12: -20 for 0.18 s and -30 for 0.22 s: momentary is -23 from 1 s on.
  LoudnessMeter quick(48000, 2);
  for (int i = 0; i < 25; ++i) {
    push_sine(quick, 0.18, -20);
    push_sine(quick, 0.22, -30);
    if (i > 2) CHECK(std::abs(quick.momentary() + 23) <= 0.1);
  }
}

TEST_CASE("silence and too little sound have no loudness, and reset forgets") {
  LoudnessMeter meter(48000, 1);
  CHECK(meter.integrated() == kLeastLufs);
  push_sine(meter, 0.39, -20);
  CHECK(meter.momentary() == kLeastLufs);
  push_sine(meter, 5, -20);
  CHECK(meter.integrated() > -24);
  meter.reset();
  CHECK(meter.momentary() == kLeastLufs);
  CHECK(meter.integrated() == kLeastLufs);
  meter.push(std::vector<std::int16_t>(48000));
  CHECK(meter.momentary() == kLeastLufs);
}

TEST_CASE("loudness refuses what it cannot measure") {
  CHECK_THROWS_AS(LoudnessMeter(4000, 1), std::invalid_argument);
  CHECK_THROWS_AS(LoudnessMeter(48000, 3), std::invalid_argument);
  CHECK_THROWS_AS(LoudnessMeter(44101, 1), std::invalid_argument);
}
