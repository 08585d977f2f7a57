#include "jitter/background_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include "jitter/signal_analysis.hpp"

using namespace chime::jitter;

namespace {

constexpr int kRate = 48000;
constexpr std::size_t kBlock = kRate / 100;

// Noise low-passed at some 600 Hz, as rooms have it.
class Room {
 public:
  explicit Room(double amplitude) : amplitude_(amplitude) {}
  std::vector<std::int16_t> block(std::size_t channels) {
    std::vector<std::int16_t> samples(kBlock * channels);
    for (std::int16_t& sample : samples) {
      state_ += 0.08 * (amplitude_ * normal_(engine_) - state_);
      sample = static_cast<std::int16_t>(std::lrint(state_));
    }
    return samples;
  }

 private:
  std::mt19937 engine_{5};
  std::normal_distribution<double> normal_;
  double amplitude_;
  double state_ = 0;
};

void hear(BackgroundNoise& background, const std::vector<std::int16_t>& block, int channels) {
  background.listen(block, power(block.data(), kBlock, channels), true);
}

double decibels(double ratio) { return 10 * std::log10(ratio); }

double power_of(const std::vector<float>& sound) {
  double sum = 0;
  for (const float value : sound) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum / static_cast<double>(sound.size()) / 32768 / 32768;
}

}  // namespace

TEST_CASE("background noise has the level and colour of the room, and no period") {
  for (const int channels : {1, 2}) {
    CAPTURE(channels);
    BackgroundNoise background(kRate, channels);
    CHECK_FALSE(background.known());
    Room room(300);
    double room_power = 0;
    double room_slope = 0;
    for (int i = 0; i < 300; ++i) {
      const auto block = room.block(static_cast<std::size_t>(channels));
      hear(background, block, channels);
      room_power += power(block.data(), kBlock, channels) / 300;
      for (std::size_t k = static_cast<std::size_t>(channels); k < block.size(); ++k) {
        const double step = block[k] - block[k - static_cast<std::size_t>(channels)];
        room_slope += step * step / 300.0 / static_cast<double>(block.size()) / 32768 / 32768;
      }
    }
    REQUIRE(background.known());
    // Pushes of any size give one noise.
    std::vector<float> made(kRate * static_cast<std::size_t>(channels));
    std::size_t at = 0;
    for (std::size_t frames = 1; at < made.size(); frames = frames * 7 % 1009 + 1) {
      const std::size_t count = std::min(frames * static_cast<std::size_t>(channels), made.size() - at);
      background.make(std::span(made).subspan(at, count));
      at += count;
    }
    CHECK(std::abs(decibels(power_of(made) / room_power)) < 1.5);
    CHECK(std::abs(decibels(background.power() / room_power)) < 1.5);
    double slope = 0;
    for (std::size_t k = static_cast<std::size_t>(channels); k < made.size(); ++k) {
      const double step = made[k] - made[k - static_cast<std::size_t>(channels)];
      slope += step * step / static_cast<double>(made.size()) / 32768 / 32768;
    }
    CHECK(std::abs(decibels(slope / room_slope)) < 2);
    // Nothing of it comes again: no lag from 20 ms to half a second resembles it.
    for (std::size_t lag = 2 * kBlock; lag < kRate / 2; lag += 61) {
      double cross = 0;
      for (std::size_t k = lag * static_cast<std::size_t>(channels); k < made.size(); ++k) {
        cross += static_cast<double>(made[k]) *
                 static_cast<double>(made[k - lag * static_cast<std::size_t>(channels)]);
      }
      CHECK(std::abs(cross / static_cast<double>(made.size()) / 32768 / 32768) < 0.35 * power_of(made));
    }
  }
}

TEST_CASE("talk is no background, what lies under it is") {
  BackgroundNoise background(kRate, 1);
  Room room(300);
  std::size_t phase = 0;
  double room_power = 0;
  for (int i = 0; i < 600; ++i) {
    auto block = room.block(1);
    room_power += power(block.data(), kBlock, 1) / 600;
    if (i % 60 < 45) {
      for (std::int16_t& sample : block) {
        const double t = static_cast<double>(phase++) / kRate;
        sample = static_cast<std::int16_t>(sample + 6000 * std::sin(2 * std::numbers::pi * 140 * t));
      }
    }
    hear(background, block, 1);
  }
  REQUIRE(background.known());
  CHECK(std::abs(decibels(background.power() / room_power)) < 2);
}

TEST_CASE("a tone is never background, however steady or soft") {
  for (const double amplitude : {8000.0, 60.0}) {
    BackgroundNoise background(kRate, 1);
    std::size_t phase = 0;
    for (int i = 0; i < 500; ++i) {
      std::vector<std::int16_t> block(kBlock);
      for (std::int16_t& sample : block) {
        const double t = static_cast<double>(phase++) / kRate;
        sample = static_cast<std::int16_t>(std::lrint(amplitude * std::sin(2 * std::numbers::pi * 440 * t)));
      }
      hear(background, block, 1);
    }
    CHECK_FALSE(background.known());
    std::vector<float> made(kBlock, 1.0F);
    background.make(made);
    CHECK(made == std::vector<float>(kBlock, 0.0F));
  }
}

TEST_CASE("a quieter room is learnt in seconds, and another source starts from nothing") {
  BackgroundNoise background(kRate, 1);
  for (const double amplitude : {300.0, 30.0}) {
    CAPTURE(amplitude);
    Room room(amplitude);
    double room_power = 0;
    for (int i = 0; i < 400; ++i) {
      const auto block = room.block(1);
      room_power += power(block.data(), kBlock, 1) / 400;
      hear(background, block, 1);
    }
    CHECK(std::abs(decibels(background.power() / room_power)) < 2);
  }
  background.reset();
  CHECK_FALSE(background.known());
}
