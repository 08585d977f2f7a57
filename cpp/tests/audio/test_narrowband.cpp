#include "audio/narrowband.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

using chime::audio::Narrowband;

namespace {

// RMS of a tone of amplitude 0.5 in all channels, after the filter has settled.
double level(int rate, int channels, double frequency) {
  Narrowband narrowband(rate, channels);
  double energy = 0.0;
  std::size_t frame = 0;
  for (int block = 0; block < 20; ++block) {
    std::vector<std::int16_t> pcm(static_cast<std::size_t>(rate / 100 * channels));
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      const auto time = static_cast<double>(frame + i / static_cast<std::size_t>(channels)) / rate;
      pcm[i] = static_cast<std::int16_t>(16384.0 * std::sin(2.0 * std::numbers::pi * frequency * time));
    }
    frame += pcm.size() / static_cast<std::size_t>(channels);
    std::array<float, Narrowband::kBlock> out;
    narrowband.process(pcm, out);
    if (block < 10) continue;
    for (const float sample : out) energy += static_cast<double>(sample) * sample;
  }
  return std::sqrt(energy / (10.0 * Narrowband::kBlock));
}

}  // namespace

TEST_CASE("tones below 3 kHz pass at every rate, those that would fold down do not") {
  for (const int rate : {8000, 12000, 16000, 24000, 32000, 48000}) {
    for (const int channels : {1, 2}) {
      CHECK(level(rate, channels, 300.0) == doctest::Approx(0.5 / std::numbers::sqrt2).epsilon(0.02));
      CHECK(level(rate, channels, 3000.0) == doctest::Approx(0.5 / std::numbers::sqrt2).epsilon(0.05));
      if (rate > 8000) CHECK(level(rate, channels, 5500.0) < 0.01);
    }
  }
}
