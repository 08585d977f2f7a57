#include "jitter/delay_estimator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chime::jitter {

namespace {

// One percent of the sound late is worth about half as much delay again.
constexpr double kLateCost = 45;
// Below some 15 ms a listener does not notice a millisecond more or less; keeps the logarithm finite.
constexpr double kDelayScaleMs = 5;
// Weight of a frame falls to 1/e in this time.
constexpr double kForgetMs = 12000;
// Before anything is known, networks are expected to deliver this share of frames late by kPriorTailMs on
// average.
constexpr double kPriorFrames = 6;
constexpr double kPriorTailMs = 12;
constexpr double kPriorForgetMs = 4000;
// How often the choice is made again when nothing urges.
constexpr double kUpdateMs = 200;
// A new choice must be better by this much, or the old one stays: every move costs a time stretch.
constexpr double kDownHysteresis = 0.06;
constexpr double kUpHysteresis = 0.02;

}  // namespace

void DelayEstimator::add(const Availability& frame) {
  if (have_target_ && frame.transit_ms > target_ms_) urgent_ = true;
  history_.add(frame);
  track_drift(frame);
}

void DelayEstimator::reset() {
  history_.clear();
  have_target_ = false;
  urgent_ = true;
  seconds_ = 0;
  slope_ms_per_s_ = 0;
}

void DelayEstimator::track_drift(const Availability& frame) {
  if (seconds_ == 0 || frame.at_ms - second_start_ms_ >= 1000) {
    if (seconds_ == kSeconds) {
      std::move(second_min_.begin() + 1, second_min_.end(), second_min_.begin());
      std::move(second_at_.begin() + 1, second_at_.end(), second_at_.begin());
      --seconds_;
    }
    second_start_ms_ = frame.at_ms;
    second_min_[seconds_] = frame.transit_ms;
    second_at_[seconds_] = frame.at_ms;
    ++seconds_;
  } else if (frame.transit_ms < second_min_[seconds_ - 1]) {
    second_min_[seconds_ - 1] = frame.transit_ms;
    second_at_[seconds_ - 1] = frame.at_ms;
  }
}

void DelayEstimator::update(double now_ms, double tick_phase_ms) {
  if (history_.size() == 0) return;
  if (!urgent_ && now_ms < next_update_ms_) return;
  urgent_ = false;
  next_update_ms_ = now_ms + kUpdateMs;
  choose(now_ms, tick_phase_ms);
}

void DelayEstimator::choose(double now_ms, double tick_phase_ms) {
  // Histogram of transits over the least one.
  double base = std::numeric_limits<double>::infinity();
  for (std::size_t age = 0; age < history_.size(); ++age) {
    base = std::min(base, history_.newest(age).transit_ms);
  }
  std::array<float, kBuckets> mass{};
  double total = 0;
  double sum = 0;
  for (std::size_t age = 0; age < history_.size(); ++age) {
    const Availability& frame = history_.newest(age);
    const double weight = std::exp(-(now_ms - frame.at_ms) / kForgetMs);
    const double over = frame.transit_ms - base;
    const auto bucket = std::min(kBuckets - 1, static_cast<std::size_t>(std::ceil(over / kBucketMs)));
    mass[bucket] += static_cast<float>(weight);
    total += weight;
    sum += weight * over;
  }
  base_ms_ = base;
  mean_transit_ms_ = base + sum / total;
  const double oldest = history_.newest(history_.size() - 1).at_ms;
  const double prior = kPriorFrames * std::exp(-(now_ms - oldest) / kPriorForgetMs);

  // late(o): share of the sound missing at offset base + o, in 10 ms steps of a 20 ms frame.
  const auto cost_at = [&](double over) {
    const auto from = static_cast<std::size_t>(std::max(0.0, std::floor(over / kBucketMs)));
    double late = 0;
    const std::size_t half = std::min(kBuckets, from + static_cast<std::size_t>(10 / kBucketMs));
    for (std::size_t bucket = from + 1; bucket < kBuckets; ++bucket) {
      late += mass[bucket] * (bucket <= half ? 0.5 : 1.0);
    }
    late += prior * std::exp(-over / kPriorTailMs);
    const double delay = over + base - mean_transit_ms_ + kMeanWaitMs;
    return std::log(std::max(0.0, delay) + kDelayScaleMs) + kLateCost * late / (total + prior);
  };
  const double first = std::ceil((base - tick_phase_ms) / 10) * 10 + tick_phase_ms - base;
  double best = std::numeric_limits<double>::infinity();
  double best_over = first;
  for (double over = first; over < kBuckets * kBucketMs; over += 10) {
    const double delay = over + base - mean_transit_ms_ + kMeanWaitMs;
    if (delay < limits_.min_ms && over + 10 < kBuckets * kBucketMs) continue;
    if (delay > limits_.max_ms && std::isfinite(best)) break;
    const double cost = cost_at(over);
    if (cost < best) {
      best = cost;
      best_over = over;
    }
  }
  if (have_target_) {
    // The same grid point as before, as the grid moves with the sender's clock.
    const double held = std::round((target_ms_ - tick_phase_ms) / 10) * 10 + tick_phase_ms - base;
    const double held_cost = cost_at(held);
    if (held >= first && held_cost - best < (best_over < held ? kDownHysteresis : kUpHysteresis))
      best_over = held;
  }
  target_ms_ = base + best_over;
  have_target_ = true;
}

}  // namespace chime::jitter
