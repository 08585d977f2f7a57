#include "audio/resampler.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

using chime::audio::Resampler;

namespace {

std::vector<std::int16_t> tone(double frequency, int rate, std::size_t frames, int channels) {
  std::vector<std::int16_t> samples(frames * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto frame = static_cast<double>(i / static_cast<std::size_t>(channels));
    const double channel_gain = i % static_cast<std::size_t>(channels) == 0 ? 1.0 : 0.5;
    samples[i] = static_cast<std::int16_t>(
        std::lround(8000.0 * channel_gain * std::sin(2.0 * std::numbers::pi * frequency * frame / rate)));
  }
  return samples;
}

std::vector<std::int16_t> resample(Resampler& resampler, std::span<const std::int16_t> in, std::size_t step) {
  const auto channels = static_cast<std::size_t>(resampler.channels());
  std::vector<std::int16_t> out;
  for (std::size_t frame = 0; frame < in.size() / channels; frame += step) {
    const auto block = in.subspan(frame * channels, std::min(step, in.size() / channels - frame) * channels);
    const std::size_t expected = resampler.frames_for(block.size() / channels);
    std::vector<std::int16_t> made(expected * channels);
    REQUIRE(resampler.process(block, made) == expected);
    out.insert(out.end(), made.begin(), made.end());
  }
  std::vector<std::int16_t> rest(resampler.flush_frames() * channels);
  REQUIRE(resampler.flush(std::span(rest)) == rest.size() / channels);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace

TEST_CASE("any cutting of the input gives the same signal") {
  for (const auto& [in_rate, out_rate] : {std::pair{48000, 16000},
                                          {16000, 48000},
                                          {44100, 48000},
                                          {48000, 44100},
                                          {8000, 24000},
                                          {48000, 48000},
                                          {48000, 47999}}) {
    for (int channels : {1, 2}) {
      const auto in = tone(997.0, in_rate, 3001, channels);
      Resampler whole(in_rate, out_rate, channels, 4);
      const auto expected = resample(whole, in, 3001);
      for (std::size_t step : {1U, 7U, 160U, 480U}) {
        Resampler pieces(in_rate, out_rate, channels, 4);
        CHECK(resample(pieces, in, step) == expected);
        CHECK(resample(pieces, in, step) == expected);  // flush() brought it back to the start
      }
    }
  }
}

TEST_CASE("a tone comes out at the same level, late by the stated latency") {
  for (const auto& [in_rate, out_rate] :
       {std::pair{48000, 16000}, {16000, 48000}, {44100, 48000}, {48000, 8000}}) {
    Resampler resampler(in_rate, out_rate, 1, 4);
    const auto in = tone(1000.0, in_rate, static_cast<std::size_t>(in_rate / 5), 1);
    const auto out = resample(resampler, in, static_cast<std::size_t>(in_rate / 100));
    double error = 0.0;
    double energy = 0.0;
    for (std::size_t i = out.size() / 4; i < out.size() * 3 / 4; ++i) {
      const double time = static_cast<double>(i) / out_rate - resampler.latency_ms() / 1000.0;
      const double expected = 8000.0 * std::sin(2.0 * std::numbers::pi * 1000.0 * time);
      error += (out[i] - expected) * (out[i] - expected);
      energy += expected * expected;
    }
    CHECK(error / energy < 1e-4);  // -40 dB; a half sample of 48 kHz more would be -24 dB
  }
}

TEST_CASE("a tone above the new band is gone") {
  Resampler resampler(48000, 16000, 1, 4);
  const auto out = resample(resampler, tone(11000.0, 48000, 9600, 1), 480);
  for (std::size_t i = 200; i < out.size() - 200; ++i) CHECK(std::abs(out[i]) < 8);  // -60 dB of 8000
}

TEST_CASE("latency between 48 and 16 kHz stays within 2.5 ms for the qualities of a live path") {
  for (int quality : {3, 4, 5}) {
    CHECK(Resampler(48000, 16000, 1, quality).latency_ms() <= 2.5);
    CHECK(Resampler(16000, 48000, 1, quality).latency_ms() <= 2.5);
  }
  CHECK(Resampler(48000, 48000, 1, 4).latency_ms() == 0.0);
}

TEST_CASE("impossible parameters are refused by name") {
  CHECK_THROWS_WITH_AS(Resampler(0, 16000, 1, 4), "in_rate is 0, allowed are 1000 to 384000",
                       std::invalid_argument);
  CHECK_THROWS_AS(Resampler(48000, 400000, 1, 4), std::invalid_argument);
  CHECK_THROWS_AS(Resampler(48000, 16000, 9, 4), std::invalid_argument);
  CHECK_THROWS_AS(Resampler(48000, 16000, 1, 11), std::invalid_argument);
}
