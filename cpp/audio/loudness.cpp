#include "audio/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace chime::audio {

namespace {

// BS.1770-4, equation (2): what makes a 997 Hz sine of 0 dBFS in one channel -3.01 LUFS.
constexpr double kOffsetDb = -0.691;
constexpr double kAbsoluteGate = -70;
constexpr double kRelativeGateDb = -10;
constexpr double kBinsPerDb = 10;

// The filters of BS.1770-4 are given as coefficients for 48 kHz only (tables 1 and 2). These are the analogue
// prototypes that the bilinear transform turns into them: a shelf of +4 dB for the head, and a high pass.
constexpr double kShelfHz = 1681.974450955533;
constexpr double kShelfDb = 3.999843853973347;
constexpr double kShelfQ = 0.7071752369554196;
// The gain at the middle of the shelf: a little less than half of its height.
constexpr double kShelfMiddle = 0.4996667741545416;
constexpr double kPassHz = 38.13547087602444;
constexpr double kPassQ = 0.5003270373238773;

double decibels(double power) { return power > 0 ? kOffsetDb + 10 * std::log10(power) : kLeastLufs; }
double lufs(double power) { return std::max(kLeastLufs, decibels(power)); }

}  // namespace

LoudnessMeter::Biquad LoudnessMeter::shelf(double rate) {
  const double k = std::tan(std::numbers::pi * kShelfHz / rate);
  const double high = std::pow(10.0, kShelfDb / 20);
  const double middle = std::pow(high, kShelfMiddle);
  const double a0 = 1 + k / kShelfQ + k * k;
  return {(high + middle * k / kShelfQ + k * k) / a0, 2 * (k * k - high) / a0,
          (high - middle * k / kShelfQ + k * k) / a0, 2 * (k * k - 1) / a0, (1 - k / kShelfQ + k * k) / a0};
}

LoudnessMeter::Biquad LoudnessMeter::high_pass(double rate) {
  const double k = std::tan(std::numbers::pi * kPassHz / rate);
  const double a0 = 1 + k / kPassQ + k * k;
  // The recommendation leaves the numerator at 1, -2, 1 for 48 kHz, which is 0.04 dB more than the prototype.
  return {1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / kPassQ + k * k) / a0};
}

LoudnessMeter::LoudnessMeter(int sample_rate, int channels, bool dual_mono)
    : sample_rate_(sample_rate),
      channels_(channels),
      gain_(dual_mono && channels == 1 ? 2 : 1),
      shelf_(shelf(sample_rate)),
      pass_(high_pass(sample_rate)),
      step_frames_(static_cast<std::size_t>(sample_rate / 10)) {
  if (sample_rate < 8000 || sample_rate > 192000 || sample_rate % 10 != 0) {
    throw std::invalid_argument("sample_rate must be 8000 to 192000 and a multiple of 10, got " +
                                std::to_string(sample_rate));
  }
  if (channels < 1 || channels > 2) {
    throw std::invalid_argument("channels must be 1 or 2, got " + std::to_string(channels));
  }
}

void LoudnessMeter::reset() noexcept {
  states_ = {};
  step_fill_ = 0;
  step_sum_ = 0;
  steps_ = {};
  step_count_ = 0;
  histogram_ = {};
  powers_ = {};
}

void LoudnessMeter::push(std::span<const std::int16_t> samples) noexcept {
  const auto width = static_cast<std::size_t>(channels_);
  std::size_t frames = samples.size() / width;
  const std::int16_t* at = samples.data();
  while (frames > 0) {
    const std::size_t count = std::min(frames, step_frames_ - step_fill_);
    for (std::size_t c = 0; c < width; ++c) {
      State s = states_[c];
      double sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        // Transposed direct form II, both filters.
        const double x = at[i * width + c] * (1.0 / 32768);
        const double y = shelf_.b0 * x + s.shelf1;
        s.shelf1 = shelf_.b1 * x - shelf_.a1 * y + s.shelf2;
        s.shelf2 = shelf_.b2 * x - shelf_.a2 * y;
        const double z = pass_.b0 * y + s.pass1;
        s.pass1 = pass_.b1 * y - pass_.a1 * z + s.pass2;
        s.pass2 = pass_.b2 * y - pass_.a2 * z;
        sum += z * z;
      }
      states_[c] = s;
      step_sum_ += sum;
    }
    at += count * width;
    frames -= count;
    step_fill_ += count;
    if (step_fill_ == step_frames_) end_step();
  }
}

void LoudnessMeter::end_step() noexcept {
  steps_[step_count_ % kShortTermSteps] = gain_ * step_sum_ / static_cast<double>(step_frames_);
  ++step_count_;
  step_fill_ = 0;
  step_sum_ = 0;
  // What silence leaves in the filters would take ever longer to compute with (denormal numbers).
  for (State& s : states_) {
    for (double* value : {&s.shelf1, &s.shelf2, &s.pass1, &s.pass2}) {
      if (std::abs(*value) < 1e-30) *value = 0;
    }
  }
  if (step_count_ < kMomentarySteps) return;
  const double power = mean_power(kMomentarySteps);
  const double loudness = decibels(power);
  if (loudness < kAbsoluteGate) return;
  const auto bin = static_cast<std::size_t>((loudness - kAbsoluteGate) * kBinsPerDb);
  const std::size_t fits = std::min(bin, kBins - 1);
  ++histogram_[fits];
  powers_[fits] += power;
}

double LoudnessMeter::mean_power(std::size_t steps) const noexcept {
  double sum = 0;
  for (std::size_t back = 1; back <= steps; ++back) {
    sum += steps_[(step_count_ - back) % kShortTermSteps];
  }
  return sum / static_cast<double>(steps);
}

double LoudnessMeter::momentary() const noexcept {
  return step_count_ < kMomentarySteps ? kLeastLufs : lufs(mean_power(kMomentarySteps));
}

double LoudnessMeter::short_term() const noexcept {
  return step_count_ < kShortTermSteps ? kLeastLufs : lufs(mean_power(kShortTermSteps));
}

double LoudnessMeter::integrated() const noexcept {
  const auto mean_from = [this](std::size_t first) {
    double sum = 0;
    std::uint64_t count = 0;
    for (std::size_t bin = first; bin < kBins; ++bin) {
      sum += powers_[bin];
      count += histogram_[bin];
    }
    return count > 0 ? sum / static_cast<double>(count) : 0.0;
  };
  const double ungated = mean_from(0);
  if (ungated <= 0) return kLeastLufs;
  const double gate = std::max(kAbsoluteGate, decibels(ungated) + kRelativeGateDb);
  // The bin that the gate falls into counts as a whole: 0.1 LU of the gate moves the result by far less.
  return lufs(mean_from(static_cast<std::size_t>((gate - kAbsoluteGate) * kBinsPerDb)));
}

}  // namespace chime::audio
