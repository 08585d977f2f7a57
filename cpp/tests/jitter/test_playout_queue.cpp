#include "jitter/playout_queue.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>
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

}  // namespace

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
