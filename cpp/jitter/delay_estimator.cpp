#include "jitter/delay_estimator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chime::jitter {

namespace {

// The weight of a frame falls to 1/e in this time: rare delays need a long memory, and what is stale is told
// by other signs (drop_stale_regime).
constexpr double kForgetMs = 30000;
// One percent of the sound lost costs as much as a delay higher by a factor of e (see cost()).
constexpr double kLossCost = 100;
// Below some 15 ms a listener does not notice a few milliseconds more or less.
constexpr double kDelayScaleMs = 15;
// Before anything is known: as if so many frames had been seen whose delays fall off exponentially.
constexpr double kPriorFrames = 3;
constexpr double kPriorTailMs = 15;
constexpr double kPriorForgetMs = 1000;
// What has been seen says little of what is rarer than one in all of it: so many frames more in an
// exponential tail, of this part of the mean extra delay of the last two seconds.
constexpr double kTailFrames = 2;
constexpr double kTailScale = 0.7;
constexpr double kSpreadForgetMs = 2000;
constexpr double kLeastTailMs = 0.5;
// How often the choice is made again when nothing urges.
constexpr double kUpdateMs = 200;
// A new choice must be better by this much, or the old one stays: every move costs a time stretch.
constexpr double kDownHysteresis = 0.06;
constexpr double kUpHysteresis = 0.02;
// Where transits will be, if the sender's clock drifts, by the time that a change of delay has been carried
// out.
constexpr double kLookAheadMs = 3000;

// An event: delay beyond four fifths of all by more than this.
constexpr double kEventOverMs = 40;
constexpr double kUsualShare = 0.8;
// Late frames this close to each other are of one event.
constexpr double kEventGapMs = 500;
// An event that stays alone is forgotten after this: an outage that ends does not say that there will be
// another.
constexpr double kAloneMs = 2500;
// Events that come again and again count until there has been none for this many times their usual distance.
constexpr double kPatience = 5;
constexpr double kMaxPatienceMs = 20000;
// Two events are of a kind when neither is more than so many times higher than the other.
constexpr double kAlike = 2.5;

// The network has changed when a recent stretch is this much quieter than what was before, or all of it
// slower than nearly all before. A short stretch shows a great change, twice as long a one a smaller:
// `recent_share` of the recent delays are held against `before_share` of those before.
struct Comparison {
  std::size_t frames;
  double ms;
  double recent_share;
  double before_share;
};
constexpr std::array<Comparison, 2> kComparisons{{{50, 1000, 0.75, 0.75}, {100, 2000, 0.95, 0.85}}};
constexpr double kNearlyAll = 0.95;
constexpr double kSurelyFresh = 0.9;
constexpr double kQuieter = 0.35;
constexpr double kQuieterMarginMs = 8;

}  // namespace

void DelayEstimator::expect(double frames, double now_ms) {
  const double keep = std::exp(-std::max(0.0, now_ms - counted_at_ms_) / kForgetMs);
  counted_at_ms_ = std::max(counted_at_ms_, now_ms);
  expected_frames_ = expected_frames_ * keep + frames;
  available_frames_ *= keep;
}

void DelayEstimator::add(const Availability& frame) {
  if (have_target_ && frame.transit_ms > target_ms_) urgent_ = true;
  available_frames_ += frame.worth;
  frame_ms_ = frame.duration_ms;
  history_.add(frame);
  drift_.add(frame.at_ms, frame.transit_ms);
}

void DelayEstimator::reset() { *this = DelayEstimator(limits_); }

double DelayEstimator::over_base(const Availability& frame, double now_ms) const {
  return frame.transit_ms + drift_.slope() * (now_ms - frame.at_ms) - base_ms_;
}

void DelayEstimator::update(double now_ms, double tick_phase_ms) {
  if (history_.size() == 0) return;
  if (!urgent_ && now_ms < next_update_ms_) return;
  urgent_ = false;
  next_update_ms_ = now_ms + kUpdateMs;
  choose(now_ms, tick_phase_ms);
}

namespace {

// The value that `share` of the values are below.
double quantile(std::span<float> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

}  // namespace

void DelayEstimator::drop_stale_regime(double now_ms) {
  std::array<float, ArrivalHistory::kCapacity> values;
  const auto fill = [&](std::size_t from, std::size_t to) {
    for (std::size_t age = from; age < to; ++age) {
      values[age - from] = static_cast<float>(over_base(history_.newest(age), now_ms));
    }
    return std::span(values).first(to - from);
  };
  for (const Comparison& compared : kComparisons) {
    std::size_t recent = compared.frames;
    while (recent < history_.size() && history_.newest(recent - 1).at_ms > now_ms - compared.ms) ++recent;
    if (history_.size() < recent + compared.frames) continue;
    std::span<float> part = fill(0, recent);
    const double recent_least = *std::min_element(part.begin(), part.end());
    const double recent_usual = quantile(part, compared.recent_share);
    part = fill(recent, history_.size());
    const double before_usual = quantile(part, compared.before_share);
    const double before_most = quantile(part, kNearlyAll);
    const bool quieter = recent_usual + kQuieterMarginMs < kQuieter * before_usual;
    const bool slower = recent_least > before_most + kQuieterMarginMs;
    // The oldest part of a recent stretch may still be of before the change.
    const double fresh = quieter ? kSurelyFresh * compared.recent_share : 1;
    if (quieter || slower)
      history_.keep_newest(static_cast<std::size_t>(fresh * static_cast<double>(recent)));
  }
}

void DelayEstimator::find_events(double now_ms) {
  event_count_ = 0;
  std::array<float, ArrivalHistory::kCapacity> values;
  for (std::size_t age = 0; age < history_.size(); ++age) {
    values[age] = static_cast<float>(over_base(history_.newest(age), now_ms));
  }
  event_threshold_ms_ = quantile(std::span(values).first(history_.size()), kUsualShare) + kEventOverMs;
  double earliest = std::numeric_limits<double>::infinity();
  for (std::size_t age = 0; age < history_.size(); ++age) {
    const Availability& frame = history_.newest(age);
    const double over = over_base(frame, now_ms);
    if (over <= event_threshold_ms_) continue;
    if (event_count_ > 0 && earliest - frame.at_ms < kEventGapMs) {
      Event& event = events_[event_count_ - 1];
      event.height_ms = std::max(event.height_ms, over);
    } else if (event_count_ < kMaxEvents) {
      events_[event_count_++] = {frame.at_ms, over, true};
    } else {
      break;
    }
    earliest = frame.at_ms;
  }
  // Events are newest first. Count each while others like it keep it company.
  for (std::size_t i = 0; i < event_count_; ++i) {
    Event& event = events_[i];
    double newest = event.at_ms;
    double oldest = event.at_ms;
    int alike = 0;
    for (std::size_t j = 0; j < event_count_; ++j) {
      const double ratio = events_[j].height_ms / event.height_ms;
      if (ratio < 1 / kAlike) continue;
      newest = std::max(newest, events_[j].at_ms);
      oldest = std::min(oldest, events_[j].at_ms);
      ++alike;
    }
    const double hold =
        alike < 2 ? kAloneMs
                  : std::clamp(kPatience * (newest - oldest) / (alike - 1), kAloneMs, kMaxPatienceMs);
    event.counts = now_ms - newest <= hold;
  }
}

void DelayEstimator::build_histogram(double now_ms) {
  std::fill(later_than_.begin(), later_than_.end(), 0.0F);
  total_weight_ = 0;
  double sum = 0;
  double recent_sum = 0;
  double recent_weight = 0;
  std::size_t event = 0;
  for (std::size_t age = 0; age < history_.size(); ++age) {
    const Availability& frame = history_.newest(age);
    const double over = std::max(0.0, over_base(frame, now_ms + kLookAheadMs));
    if (over > event_threshold_ms_) {
      // Events are in the same order as frames: move on to the one this frame belongs to.
      while (event + 1 < event_count_ && frame.at_ms <= events_[event + 1].at_ms) ++event;
      if (event_count_ > 0 && !events_[event].counts) continue;
    }
    const double weight = frame.worth * std::exp(-(now_ms - frame.at_ms) / kForgetMs);
    const auto bucket = std::min(kBuckets, static_cast<std::size_t>(std::ceil(over)));
    later_than_[bucket] += static_cast<float>(weight);
    total_weight_ += weight;
    sum += weight * over;
    const double fresh = frame.worth * std::exp(-(now_ms - frame.at_ms) / kSpreadForgetMs);
    recent_sum += fresh * over;
    recent_weight += fresh;
  }
  if (total_weight_ > 0) mean_transit_ms_ = base_ms_ + sum / total_weight_;
  // From weights in buckets (b - 1, b] to weights beyond b.
  float beyond = 0;
  for (std::size_t bucket = kBuckets + 1; bucket-- > 0;) {
    const float here = later_than_[bucket];
    later_than_[bucket] = beyond;
    beyond += here;
  }
  const double oldest = history_.newest(history_.size() - 1).at_ms;
  prior_weight_ = kPriorFrames * std::exp(-(now_ms - oldest) / kPriorForgetMs);
  tail_weight_ = kTailFrames;
  tail_ms_ =
      recent_weight > 0 ? std::max(kLeastTailMs, kTailScale * recent_sum / recent_weight) : kLeastTailMs;
}

double DelayEstimator::late_share(double over_ms) const {
  // A frame that is late by less than its duration is heard in part: its sound is taken up again at each
  // tick.
  const int parts = std::max(1, static_cast<int>(std::lround(frame_ms_ / 10)));
  double late = 0;
  for (int part = 0; part < parts; ++part) {
    const double at = std::max(0.0, over_ms + 10.0 * part);
    const auto bucket = static_cast<std::size_t>(at);
    if (bucket >= kBuckets) continue;
    const double fraction = at - static_cast<double>(bucket);
    late += later_than_[bucket] * (1 - fraction) + later_than_[bucket + 1] * fraction;
    late += prior_weight_ * std::exp(-at / kPriorTailMs) + tail_weight_ * std::exp(-at / tail_ms_);
  }
  return late / parts / (total_weight_ + prior_weight_ + tail_weight_);
}

double DelayEstimator::cost(double over_ms) const {
  const double delay = delay_at_ms(base_ms_ + over_ms);
  const double never =
      expected_frames_ > 0 ? std::clamp(1 - available_frames_ / expected_frames_, 0.0, 0.9) : 0.0;
  const double lost = never + (1 - never) * late_share(over_ms);
  return std::log(std::max(0.0, delay) + kDelayScaleMs) + kLossCost * std::log1p(lost);
}

void DelayEstimator::choose(double now_ms, double tick_phase_ms) {
  const auto find_base = [&] {
    base_ms_ = 0;
    double base = std::numeric_limits<double>::infinity();
    for (std::size_t age = 0; age < history_.size(); ++age)
      base = std::min(base, over_base(history_.newest(age), now_ms));
    base_ms_ = base;
  };
  find_base();
  drop_stale_regime(now_ms);
  find_base();
  find_events(now_ms);
  build_histogram(now_ms);

  const double first = std::ceil((base_ms_ - tick_phase_ms) / 10) * 10 + tick_phase_ms - base_ms_;
  double best = std::numeric_limits<double>::infinity();
  double best_over = first;
  for (double over = first; over < static_cast<double>(kBuckets); over += 10) {
    const double delay = delay_at_ms(base_ms_ + over);
    if (delay < limits_.min_ms && over + 10 < static_cast<double>(kBuckets)) continue;
    if (delay > limits_.max_ms && std::isfinite(best)) break;
    const double here = cost(over);
    if (here < best) {
      best = here;
      best_over = over;
    }
  }
  if (have_target_) {
    // The same grid point as before, as the grid moves with the sender's clock.
    const double held = std::round((target_ms_ - tick_phase_ms) / 10) * 10 + tick_phase_ms - base_ms_;
    const double delay = delay_at_ms(base_ms_ + held);
    const double margin = best_over < held ? kDownHysteresis : kUpHysteresis;
    if (held >= first && delay >= limits_.min_ms && delay <= limits_.max_ms && cost(held) - best < margin) {
      best_over = held;
    }
  }
  target_ms_ = base_ms_ + best_over;
  have_target_ = true;
}

}  // namespace chime::jitter
