#include "jitter/playout_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <vector>

#include "jitter/signal_analysis.hpp"
#include "jitter/time_stretch.hpp"

using namespace chime::jitter;

namespace {

constexpr int kRate = 48000;

void append_tone(PlayoutQueue& queue, std::size_t frames, double hz, std::size_t& phase) {
  const auto out = queue.append(frames, 0);
  const auto channels = static_cast<std::size_t>(queue.channels());
  for (std::size_t i = 0; i < frames; ++i, ++phase) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(phase) / kRate;
    for (std::size_t c = 0; c < channels; ++c)
      out[i * channels + c] = static_cast<std::int16_t>(8000 * std::sin(angle));
  }
}

int largest_jump(const std::vector<std::int16_t>& samples, std::size_t channels) {
  int jump = 0;
  for (std::size_t i = channels; i < samples.size(); ++i) {
    jump = std::max(jump, std::abs(samples[i] - samples[i - channels]));
  }
  return jump;
}

// What the queue is to do, with one list for each channel and one for where frames came from; nothing is ever
// forgotten.
class PlainQueue {
 public:
  explicit PlainQueue(int channels, std::size_t past)
      : sounds_(static_cast<std::size_t>(channels), std::vector<double>(past)), read_(past) {}

  [[nodiscard]] std::size_t future() const { return sounds_[0].size() - read_; }
  [[nodiscard]] double sample(std::size_t channel, std::ptrdiff_t offset) const {
    return sounds_[channel][static_cast<std::size_t>(static_cast<std::ptrdiff_t>(read_) + offset)];
  }

  void append(std::size_t channel, double sample) { sounds_[channel].push_back(sample); }
  void append_origins(std::size_t frames, std::int64_t arrival_us) {
    origins_.insert(origins_.end(), frames, arrival_us);
  }

  void drop_newest(std::size_t frames) {
    for (auto& sound : sounds_) sound.resize(sound.size() - frames);
    origins_.resize(origins_.size() - frames);
  }

  void remove(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power) {
    for (auto& sound : sounds_) {
      const auto begin = sound.begin() + static_cast<std::ptrdiff_t>(read_ + offset);
      const std::vector<double> follows(begin + static_cast<std::ptrdiff_t>(count), sound.end());
      sound.resize(read_ + offset + overlap);
      for (std::size_t i = 0; i < overlap; ++i)
        sound[read_ + offset + i] = faded(sound[read_ + offset + i], follows[i], i, overlap, equal_power);
      sound.insert(sound.end(), follows.begin() + static_cast<std::ptrdiff_t>(overlap), follows.end());
    }
    const auto first = origins_.begin() + static_cast<std::ptrdiff_t>(offset);
    origins_.erase(first, first + static_cast<std::ptrdiff_t>(count));
  }

  void repeat(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power) {
    for (auto& sound : sounds_) {
      const auto at = sound.begin() + static_cast<std::ptrdiff_t>(read_ + offset);
      std::vector<double> again(at - static_cast<std::ptrdiff_t>(count), at);
      for (std::size_t i = 0; i < overlap; ++i)
        again[i] = faded(*(at + static_cast<std::ptrdiff_t>(i)), again[i], i, overlap, equal_power);
      sound.insert(at, again.begin(), again.end());
    }
    const std::int64_t origin =
        origins_.empty() ? PlayoutQueue::kMadeUp : origins_[std::min(offset, origins_.size() - 1)];
    origins_.insert(origins_.begin() + static_cast<std::ptrdiff_t>(offset), count, origin);
  }

  PlayoutQueue::Taken take(std::size_t frames, std::int64_t now_us) {
    PlayoutQueue::Taken taken;
    for (std::size_t i = 0; i < frames; ++i) {
      if (origins_[i] == PlayoutQueue::kMadeUp) continue;
      ++taken.emitted;
      taken.delay_us += static_cast<double>(now_us - origins_[i]);
    }
    origins_.erase(origins_.begin(), origins_.begin() + static_cast<std::ptrdiff_t>(frames));
    read_ += frames;
    return taken;
  }

 private:
  static double faded(double out, double in, std::size_t step, std::size_t steps, bool equal_power) {
    const double x = (static_cast<double>(step) + 0.5) / static_cast<double>(steps);
    const double weight =
        equal_power ? std::sin(x * std::numbers::pi / 2) : 0.5 - 0.5 * std::cos(x * std::numbers::pi);
    const double other = equal_power ? std::cos(x * std::numbers::pi / 2) : 1 - weight;
    return std::clamp(std::round(other * out + weight * in), -32768.0, 32767.0);
  }

  std::vector<std::vector<double>> sounds_;
  std::vector<std::int64_t> origins_;
  std::size_t read_;
};

}  // namespace

TEST_CASE("whatever is done to it, it plays what plain lists would") {
  constexpr std::size_t kPast = 60;
  constexpr std::size_t kFuture = 400;
  for (const int channels : {1, 2}) {
    CAPTURE(channels);
    const auto width = static_cast<std::size_t>(channels);
    std::mt19937 dice(20);
    const auto roll = [&dice](std::size_t below) { return static_cast<std::size_t>(dice() % below); };
    PlayoutQueue queue(channels, kPast, kFuture);
    PlainQueue plain(channels, kPast);
    for (int step = 0; step < 20'000; ++step) {
      const bool equal_power = roll(2) == 0;
      const std::size_t future = queue.future();
      switch (roll(6)) {
        case 0:
        case 1: {
          const std::int64_t arrival_us = roll(4) == 0 ? PlayoutQueue::kMadeUp : step;
          const auto room = queue.append(roll(2 * kFuture / 8), arrival_us);
          for (std::size_t i = 0; i < room.size(); ++i) {
            room[i] = static_cast<std::int16_t>(static_cast<int>(roll(65536)) - 32768);
            plain.append(i % width, room[i]);
          }
          plain.append_origins(room.size() / width, arrival_us);
          break;
        }
        case 2: {
          const std::size_t frames = roll(std::min<std::size_t>(future, 20) + 1);
          queue.drop_newest(frames);
          plain.drop_newest(frames);
          break;
        }
        case 3: {
          const std::size_t offset = roll(future + 1);
          const std::size_t count = roll(future - offset + 1);
          const std::size_t overlap = roll(future - offset - count + 1);
          queue.remove(offset, count, overlap, equal_power);
          plain.remove(offset, count, overlap, equal_power);
          break;
        }
        case 4: {
          const std::size_t offset = roll(future + 1);
          const std::size_t count = roll(std::min(kPast + offset, queue.room()) + 1);
          const std::size_t overlap = roll(std::min(count, future - offset) + 1);
          queue.repeat(offset, count, overlap, equal_power);
          plain.repeat(offset, count, overlap, equal_power);
          break;
        }
        default: {
          std::vector<std::int16_t> out(roll(future + 1) * width);
          std::vector<double> expected(out.size());
          for (std::size_t i = 0; i < out.size(); ++i)
            expected[i] = plain.sample(i % width, static_cast<std::ptrdiff_t>(i / width));
          const auto taken = queue.take(out, step + 1000);
          const auto plainly = plain.take(out.size() / width, step + 1000);
          REQUIRE(taken.emitted == plainly.emitted);
          REQUIRE(taken.delay_us == doctest::Approx(plainly.delay_us));
          // Each fade may round the other way once.
          for (std::size_t i = 0; i < out.size(); ++i) REQUIRE(std::abs(out[i] - expected[i]) <= 3);
        }
      }
      REQUIRE(queue.future() == plain.future());
    }
  }
}

TEST_CASE("delay is counted for what packets brought, and for nothing else") {
  PlayoutQueue queue(1, 480, 4800);
  queue.append(480, 1000);
  queue.append(480, PlayoutQueue::kMadeUp);
  std::vector<std::int16_t> out(960);
  const auto taken = queue.take(out, 6000);
  CHECK(taken.emitted == 480);
  CHECK(taken.delay_us == doctest::Approx(480 * 5000.0));
  CHECK(queue.future() == 0);
}

TEST_CASE("a tone is shortened and lengthened without a click, at its pitch and level") {
  for (const int channels : {1, 2}) {
    for (const double hz : {120.0, 220.0, 440.0}) {
      CAPTURE(channels);
      CAPTURE(hz);
      const TimeStretch stretch(kRate);
      const PauseDetector pauses;
      PlayoutQueue queue(channels, 1920, 19200);
      std::size_t phase = 0;
      std::vector<std::int16_t> played;
      std::size_t removed = 0;
      std::size_t inserted = 0;
      for (int block = 0; block < 200; ++block) {
        while (queue.future() < 2400) append_tone(queue, 960, hz, phase);
        if (block % 4 == 2) removed += stretch.shorten(queue, pauses, {0, 720, false});
        if (block % 4 == 0 && block > 8) inserted += stretch.lengthen(queue, pauses, {0, 480, false});
        std::vector<std::int16_t> out(480 * static_cast<std::size_t>(channels));
        queue.take(out, 0);
        played.insert(played.end(), out.begin(), out.end());
      }
      CHECK(removed > 0);
      CHECK(inserted > 0);
      const auto width = static_cast<std::size_t>(channels);
      const double steepest = 8000 * 2 * std::numbers::pi * hz / kRate;
      CHECK(largest_jump(played, width) < 1.3 * steepest + 2);
      const double level = power(played.data(), played.size() / width, channels);
      CHECK(10 * std::log10(level / (0.5 * 8000.0 * 8000.0 / 32768 / 32768)) ==
            doctest::Approx(0).epsilon(0.5));
      std::size_t crossings = 0;
      for (std::size_t i = width; i < played.size(); i += width)
        crossings += played[i - width] < 0 && played[i] >= 0;
      const double seconds = static_cast<double>(played.size() / width) / kRate;
      CHECK(static_cast<double>(crossings) / seconds == doctest::Approx(hz).epsilon(0.01));
    }
  }
}

TEST_CASE("a pause gives and takes any length, exactly") {
  const TimeStretch stretch(kRate);
  const PauseDetector pauses;
  PlayoutQueue queue(1, 1920, 19200);
  queue.append(2400, 0);
  CHECK(stretch.shorten(queue, pauses, {101, 0, false}) == 101);
  CHECK(queue.future() == 2299);
  std::vector<std::int16_t> out(480);
  queue.take(out, 0);
  CHECK(stretch.lengthen(queue, pauses, {480, 0, false}) == 480);
  CHECK(queue.future() == 2299);
}
