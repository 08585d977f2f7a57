#include "audio/limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

using chime::audio::Limiter;

namespace {

std::vector<std::int32_t> tone(double amplitude, std::size_t frames, std::size_t channels = 1) {
  std::vector<std::int32_t> samples(frames * channels);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2.0 * std::numbers::pi * 440.0 * static_cast<double>(i / channels) / 48000.0;
    samples[i] = static_cast<std::int32_t>(std::lround(amplitude * std::sin(phase)));
  }
  return samples;
}

std::vector<std::int16_t> limit(Limiter& limiter, const std::vector<std::int32_t>& mix,
                                std::size_t channels = 1) {
  std::vector<std::int16_t> out(mix.size());
  const std::size_t block = 480 * channels;
  for (std::size_t start = 0; start < mix.size(); start += block) {
    const std::size_t count = std::min(block, mix.size() - start);
    limiter.process(std::span(mix).subspan(start, count), channels, std::span(out).subspan(start, count));
  }
  return out;
}

// Samples in a row at full scale: what clipping looks like.
std::size_t longest_flat_top(const std::vector<std::int16_t>& samples) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const auto sample : samples) {
    run = std::abs(static_cast<int>(sample)) >= 32766 ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

TEST_CASE("what fits 16 bits passes bit by bit") {
  Limiter limiter;
  auto mix = tone(32767.0, 4800);
  mix[100] = -32768;
  const auto out = limit(limiter, mix);
  CHECK(std::equal(out.begin(), out.end(), mix.begin()));
  CHECK(limiter.gain() == 1.0F);
}

TEST_CASE("a sum of twice full scale is turned down, not clipped") {
  Limiter limiter;
  const auto mix = tone(65000.0, 48000);
  const auto out = limit(limiter, mix);
  CHECK(longest_flat_top(out) <= 12);  // the rounded top of a 440 Hz sine itself
  // Once settled it is the same tone at a nearly constant gain.
  for (std::size_t i = 24000; i < 48000; ++i) {
    const double gain = 32767.0 / 65000.0;
    CHECK(std::abs(out[i] - gain * mix[i]) < 0.03 * 32767.0);
  }
}

TEST_CASE("the gain falls within a block and comes back slowly, without a jump in the signal") {
  Limiter limiter;
  auto mix = tone(20000.0, 48000 * 3);
  for (std::size_t i = 24000; i < 26400; ++i) mix[i] *= 4;
  const auto out = limit(limiter, mix);
  CHECK(*std::max_element(out.begin(), out.end()) <= 32767);
  CHECK(limiter.gain() == 1.0F);
  // The burst starts and ends at zero crossings: outside of it no step may be larger than the input's own at
  // full level.
  int largest_in = 0;
  for (std::size_t i = 1; i < 24000; ++i) largest_in = std::max(largest_in, std::abs(mix[i] - mix[i - 1]));
  int largest_out = 0;
  for (std::size_t i = 26402; i < out.size(); ++i)
    largest_out = std::max(largest_out, std::abs(out[i] - out[i - 1]));
  CHECK(largest_out <= largest_in + 1);
  // 20 ms after the burst it is still down, 3 s after it is the input again.
  CHECK(std::abs(out[27005]) < std::abs(mix[27005]));
  CHECK(out.back() == mix.back());
}

TEST_CASE("a peak at the very start of a block is met too") {
  Limiter limiter;
  std::vector<std::int32_t> quiet(480, 100);
  std::vector<std::int16_t> out(480);
  limiter.process(quiet, 1, out);
  std::vector<std::int32_t> loud(480, 100000);
  limiter.process(loud, 1, out);
  CHECK(*std::max_element(out.begin(), out.end()) <= 32767);
  CHECK(*std::min_element(out.begin(), out.end()) > 30000);
}

TEST_CASE("both channels of a frame get the same gain, at any block length") {
  for (std::size_t frames : {1U, 5U, 19U, 20U, 80U, 160U, 441U, 480U}) {
    Limiter limiter;
    auto mix = tone(50000.0, frames, 2);
    for (std::size_t i = 1; i < mix.size(); i += 2) mix[i] /= 2;
    std::vector<std::int16_t> out(mix.size());
    limiter.process(mix, 2, out);
    for (std::size_t i = 0; i < mix.size(); i += 2) CHECK(std::abs(out[i] - 2 * out[i + 1]) <= 3);
  }
}

TEST_CASE(
    "whatever comes, it fits, is turned down together, no further than it must be, and comes back slowly") {
  // The way back to 1 in a block of ten pieces.
  const double recovery = 1 - std::pow(1 - 1.0 / 200, 10);
  for (const std::size_t channels : {1U, 2U}) {
    CAPTURE(channels);
    std::mt19937 dice(20);
    std::normal_distribution<double> noise;
    Limiter limiter;
    double scale = 1000;
    for (int block = 0; block < 500; ++block) {
      CAPTURE(block);
      if (dice() % 20 == 0) scale = 100 * std::pow(2000, static_cast<double>(dice() % 1000) / 1000);
      std::vector<std::int32_t> mix(480 * channels);
      for (auto& sample : mix) sample = static_cast<std::int32_t>(std::lround(scale * noise(dice)));
      double peak = 1;
      for (const auto sample : mix) peak = std::max(peak, std::abs(static_cast<double>(sample)));
      const double before = limiter.gain();
      std::vector<std::int16_t> out(mix.size());
      const bool passed = limiter.process(mix, channels, out);
      REQUIRE(passed == (before == 1.0 && std::equal(mix.begin(), mix.end(), out.begin())));
      const double lowest = std::min(before, 32767 / peak) - 1e-4;
      REQUIRE(limiter.gain() >= lowest);
      // One that begins may begin at any gain, and what is nearly 1 is 1.
      if (block > 0) REQUIRE(limiter.gain() <= before + (1 - before) * recovery + 1e-4);
      for (std::size_t frame = 0; frame < mix.size() && !passed; frame += channels) {
        const auto* in = &mix[frame];
        const auto loudest = static_cast<std::size_t>(
            std::max_element(in, in + channels,
                             [](std::int32_t a, std::int32_t b) { return std::abs(a) < std::abs(b); }) -
            in);
        if (in[loudest] == 0) continue;
        const double gain = static_cast<double>(out[frame + loudest]) / in[loudest];
        const double rounding = 0.51 / std::abs(static_cast<double>(in[loudest]));
        REQUIRE(gain <= 1 + rounding);
        REQUIRE(gain >= lowest - rounding);
        for (std::size_t c = 0; c < channels; ++c) {
          REQUIRE(std::abs(static_cast<int>(out[frame + c])) <= 32767);
          REQUIRE(std::abs(out[frame + c] - gain * in[c]) <= 1.1);
        }
      }
    }
  }
}
