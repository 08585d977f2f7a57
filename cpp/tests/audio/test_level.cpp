#include "audio/level.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

using chime::audio::measure_level;

namespace {

std::vector<std::int16_t> sine(double amplitude, std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 2.0 * std::numbers::pi * 1000.0 * static_cast<double>(i) / 48000.0;
    samples[i] = static_cast<std::int16_t>(std::lround(amplitude * std::sin(phase)));
  }
  return samples;
}

}  // namespace

TEST_CASE("a full-scale square wave is 0 dBov and a full-scale sine -3.01") {
  std::vector<std::int16_t> square(480, -32768);
  const auto loudest = measure_level(square);
  CHECK(loudest.rms_dbov == doctest::Approx(0.0));
  CHECK(loudest.peak_dbov == doctest::Approx(0.0));
  CHECK(loudest.rfc6464 == 0);
  const auto tone = measure_level(sine(32767.0, 480));
  CHECK(tone.rms_dbov == doctest::Approx(-3.01).epsilon(0.001));
  CHECK(tone.peak_dbov == doctest::Approx(0.0).epsilon(0.001));
  CHECK(tone.rfc6464 == 3);
}

TEST_CASE("silence and nothing are the lowest level") {
  std::vector<std::int16_t> silence(480, 0);
  for (const auto& level : {measure_level(silence), measure_level({})}) {
    CHECK(level.rms_dbov == -127.0F);
    CHECK(level.peak_dbov == -127.0F);
    CHECK(level.rfc6464 == 127);
  }
}

TEST_CASE("one least bit is -90.3 dBov") {
  std::vector<std::int16_t> quiet(480, 1);
  CHECK(measure_level(quiet).rms_dbov == doctest::Approx(-90.309).epsilon(0.0001));
  CHECK(measure_level(quiet).rfc6464 == 90);
}

TEST_CASE("every length and alignment counts every sample once") {
  std::vector<std::int16_t> samples(9001);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>((i * 7919U) & 0xFFFFU);
  for (std::size_t offset : {0U, 1U, 3U, 7U}) {
    for (std::size_t count : {1U, 2U, 15U, 16U, 17U, 31U, 33U, 480U, 4095U, 4096U, 4097U, 8990U}) {
      double sum = 0.0;
      double peak = 0.0;
      for (std::size_t i = offset; i < offset + count; ++i) {
        sum += static_cast<double>(samples[i]) * samples[i];
        peak = std::max(peak, std::abs(static_cast<double>(samples[i])));
      }
      const auto level = measure_level(std::span(samples).subspan(offset, count));
      const double full = 32768.0 * 32768.0;
      if (sum > 0.0) {
        CHECK(level.rms_dbov == doctest::Approx(10.0 * std::log10(sum / static_cast<double>(count) / full)));
        CHECK(level.peak_dbov == doctest::Approx(20.0 * std::log10(peak / 32768.0)).epsilon(0.0001));
      }
    }
  }
}
