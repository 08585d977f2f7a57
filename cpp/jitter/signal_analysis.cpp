#include "jitter/signal_analysis.hpp"

#include <algorithm>
#include <cmath>

namespace chime::jitter {

namespace {

// Peaks fall by half in about 7 s, so that a quiet talker after a loud one is not taken for a pause for long.
constexpr double kLoudDecay = 0.999;
// The background rises by a factor of two in about 2.3 s when nothing quieter comes.
constexpr double kQuietRise = 1.003;
// Anything below -70 dBov is a pause whatever else there is; a laptop's own noise is louder.
constexpr double kAlwaysPause = 1e-7;
// Within 6 dB of the background, or 32 dB below the talker.
constexpr double kOverQuiet = 4;
constexpr double kUnderLoud = 6.3e-4;

}  // namespace

double power(const std::int16_t* samples, std::size_t frames, int channels) {
  const std::size_t count = frames * static_cast<std::size_t>(channels);
  if (count == 0) return 0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t value = samples[i];
    sum += static_cast<std::uint32_t>(value * value);
  }
  return static_cast<double>(sum) / (static_cast<double>(count) * 32768.0 * 32768.0);
}

void PauseDetector::push(double block_power) {
  loud_ = std::max(block_power, loud_ * kLoudDecay);
  quiet_ = std::min(std::max(block_power, 1e-9), quiet_ * kQuietRise);
  run_ = pause(block_power) ? run_ + 1 : 0;
}

bool PauseDetector::pause(double power) const {
  return power <= kAlwaysPause || (power <= quiet_ * kOverQuiet && power <= loud_ * 0.03) ||
         power <= loud_ * kUnderLoud;
}

namespace {

struct Sums {
  double cross = 0;
  double late = 0;
  double early = 0;
};

Sums sums(const std::int16_t* late, const std::int16_t* early, std::size_t count, std::size_t stride) {
  std::int64_t cross = 0;
  std::int64_t late_energy = 0;
  std::int64_t early_energy = 0;
  for (std::size_t i = 0; i < count; i += stride) {
    const std::int32_t a = late[i];
    const std::int32_t b = early[i];
    cross += a * b;
    late_energy += a * a;
    early_energy += b * b;
  }
  return {static_cast<double>(cross), static_cast<double>(late_energy), static_cast<double>(early_energy)};
}

float correlation(const Sums& s) {
  const double scale = std::sqrt(s.late * s.early);
  return scale > 0 ? static_cast<float>(s.cross / scale) : 0.0F;
}

}  // namespace

Period best_lag(const std::int16_t* at, int channels, std::size_t shortest, std::size_t longest,
                std::size_t window, std::size_t step) {
  const auto width = static_cast<std::size_t>(channels);
  const std::size_t count = window * width;
  Period best;
  best.correlation = -1;
  for (std::size_t lag = shortest; lag <= longest; lag += step) {
    const float value = correlation(sums(at, at - lag * width, count, step * width));
    if (value > best.correlation) best = {lag, value};
  }
  if (best.frames == 0) return best;
  const std::size_t from = best.frames > shortest + step ? best.frames - step : shortest;
  const std::size_t to = std::min(longest, best.frames + step);
  Period exact;
  exact.correlation = -1;
  for (std::size_t lag = from; lag <= to; ++lag) {
    const float value = correlation(sums(at, at - lag * width, count, 1));
    if (value > exact.correlation) exact = {lag, value};
  }
  return exact;
}

}  // namespace chime::jitter
