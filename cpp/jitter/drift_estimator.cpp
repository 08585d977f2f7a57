#include "jitter/drift_estimator.hpp"

#include <algorithm>
#include <cmath>

namespace chime::jitter {

namespace {

constexpr double kIntervalMs = 500;
// Fewer points than this make no line.
constexpr std::size_t kFewest = 4;
// A slope is believed when it is this many of its standard errors away from zero; more with few points, which
// know their own scatter badly.
constexpr double kSignificant = 4;
constexpr double kSignificantOfFew = 12;
// Scatter that is assumed at least, so that a few equal points do not pass for certainty.
constexpr double kLeastScatterMs = 0.2;
// Crystals are within 100 ppm, sound cards with their own clock within 1000 or so.
constexpr double kMaxSlope = 3e-3;

}  // namespace

void DriftEstimator::add(double at_ms, double transit_ms) {
  if (!any_) {
    any_ = true;
    interval_began_ms_ = at_ms;
    current_least_ = transit_ms;
    current_at_ms_ = at_ms;
    return;
  }
  if (at_ms - interval_began_ms_ >= kIntervalMs) {
    if (count_ == kIntervals) {
      std::move(least_.begin() + 1, least_.end(), least_.begin());
      std::move(at_ms_.begin() + 1, at_ms_.end(), at_ms_.begin());
      --count_;
    }
    least_[count_] = current_least_;
    at_ms_[count_] = current_at_ms_;
    ++count_;
    interval_began_ms_ = at_ms;
    current_least_ = transit_ms;
    current_at_ms_ = at_ms;
    fit();
    return;
  }
  if (transit_ms < current_least_) {
    current_least_ = transit_ms;
    current_at_ms_ = at_ms;
  }
}

DriftEstimator::Line DriftEstimator::line(std::size_t from, std::size_t to) const {
  const auto n = static_cast<double>(to - from);
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t i = from; i < to; ++i) {
    mean_x += at_ms_[i] / n;
    mean_y += least_[i] / n;
  }
  double xx = 0;
  double xy = 0;
  for (std::size_t i = from; i < to; ++i) {
    xx += (at_ms_[i] - mean_x) * (at_ms_[i] - mean_x);
    xy += (at_ms_[i] - mean_x) * (least_[i] - mean_y);
  }
  if (xx <= 0) return {};
  Line fitted;
  fitted.slope = xy / xx;
  double residual = 0;
  for (std::size_t i = from; i < to; ++i) {
    const double error = least_[i] - mean_y - fitted.slope * (at_ms_[i] - mean_x);
    residual += error * error;
  }
  fitted.error = std::max(kLeastScatterMs, std::sqrt(residual / (n - 2))) / std::sqrt(xx);
  return fitted;
}

void DriftEstimator::fit() {
  slope_ = 0;
  if (count_ < kFewest) return;
  const Line whole = line(0, count_);
  const double significant = kSignificant + kSignificantOfFew / static_cast<double>(count_ - 2);
  if (std::abs(whole.slope) <= significant * whole.error) return;
  if (count_ >= 2 * kFewest) {
    // A step of the delay is no drift: drift has the same slope in either half.
    const Line early = line(0, count_ / 2);
    const Line late = line(count_ / 2, count_);
    const double allowed = std::abs(whole.slope) / 2;
    if (std::abs(early.slope - whole.slope) > allowed || std::abs(late.slope - whole.slope) > allowed) return;
  }
  slope_ = std::clamp(whole.slope, -kMaxSlope, kMaxSlope);
}

}  // namespace chime::jitter
