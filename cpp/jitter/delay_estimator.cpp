#include "jitter/delay_estimator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chime::jitter {

namespace {

// The weight of a frame falls to 1/e in this time: rare delays need a long memory, and what is stale is told
// by other signs (drop_stale_regime).
constexpr double kForgetMs = 30000;
// One percent of the sound lost late costs as much as a delay higher by a factor of e^1.6 (see cost()).
// Chosen on networks of our own (bench/make_traces.py); 130 to 180 trade delay for loss at nearly the same
// rate.
constexpr double kLossCost = 160;
// Below some 15 ms a listener does not notice a few milliseconds more or less.
constexpr double kDelayScaleMs = 15;
// Before anything is known: as if so many frames had been seen whose delays fall off exponentially.
constexpr double kPriorFrames = 3;
constexpr double kPriorTailMs = 8;
constexpr double kPriorForgetMs = 1000;
// What has been seen says little of what is rarer than one in all of it: so many frames more in an
// exponential tail, of the mean extra delay of the last two seconds.
constexpr double kTailFrames = 4;
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
constexpr double kPatience = 8;
constexpr double kLeastPatienceMs = 12000;
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

void DelayEstimator::add(const Availability& frame) {
  if (have_target_ && frame.transit_ms > target_ms_) urgent_ = true;
  frame_ms_ = frame.duration_ms;
  history_.add(frame);
  drift_.add(frame.at_ms, frame.transit_ms);
}

DelayEstimator::DelayEstimator(DelayLimits limits) : limits_(limits), history_(kForgetMs, kSpreadForgetMs) {}

void DelayEstimator::reset() { *this = DelayEstimator(limits_); }

double DelayEstimator::over_base(const ArrivalHistory::Entry& frame, double now_ms) const {
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

// Where in the sorted values the one is that `share` of them are below.
std::size_t rank(double share, std::size_t count) {
  return static_cast<std::size_t>(share * static_cast<double>(count - 1));
}

// That value, of some that may be reordered.
double quantile(std::span<float> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(rank(share, values.size()));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// Whether that value is below, or above, a bound: one counts, and need not sort.
bool quantile_below(std::span<const float> values, double share, float bound) {
  std::uint32_t below = 0;
  for (const float value : values) below += value < bound ? 1U : 0U;
  return below > rank(share, values.size());
}

// Of those values only that are at most `most`.
bool quantile_above(std::span<const float> values, double share, float bound,
                    float most = std::numeric_limits<float>::infinity()) {
  std::uint32_t count = 0;
  std::uint32_t up_to = 0;
  for (const float value : values) {
    count += value <= most ? 1U : 0U;
    up_to += value <= std::min(bound, most) ? 1U : 0U;
  }
  return count > 0 && up_to <= rank(share, count);
}

}  // namespace

// The base is the least transit; the rest is by how much others are over it.
void DelayEstimator::measure(double now_ms) {
  base_ms_ = 0;
  double base = std::numeric_limits<double>::infinity();
  for (std::size_t age = 0; age < history_.size(); ++age)
    base = std::min(base, over_base(history_.newest(age), now_ms));
  base_ms_ = base;
  most_over_ = 0;
  for (std::size_t age = 0; age < history_.size(); ++age) {
    over_[age] = static_cast<float>(over_base(history_.newest(age), now_ms));
    most_over_ = std::max(most_over_, over_[age]);
  }
}

// Whether anything was dropped.
bool DelayEstimator::drop_stale_regime(double now_ms) {
  // Nothing is so far from the rest.
  if (most_over_ <= kQuieterMarginMs) return false;
  const std::size_t all = history_.size();
  std::array<float, ArrivalHistory::kCapacity> sorted;
  for (const Comparison& compared : kComparisons) {
    std::size_t recent = compared.frames;
    while (recent < history_.size() && history_.newest(recent - 1).at_ms > now_ms - compared.ms) ++recent;
    if (history_.size() < recent + compared.frames) continue;
    const std::span<const float> now = over().first(recent);
    const std::span<const float> before = over().subspan(recent);
    std::copy(now.begin(), now.end(), sorted.begin());
    const double recent_usual = quantile(std::span(sorted).first(recent), compared.recent_share);
    const double recent_least = *std::min_element(now.begin(), now.end());
    // Events have rules of their own for when they are forgotten.
    const bool quieter = quantile_above(before, compared.before_share,
                                        static_cast<float>((recent_usual + kQuieterMarginMs) / kQuieter),
                                        static_cast<float>(event_threshold_ms_));
    const bool slower =
        quantile_below(before, kNearlyAll, static_cast<float>(recent_least - kQuieterMarginMs));
    // The oldest part of a recent stretch may still be of before the change.
    const double fresh = quieter ? kSurelyFresh * compared.recent_share : 1;
    if (quieter || slower)
      history_.keep_newest(static_cast<std::size_t>(fresh * static_cast<double>(recent)));
  }
  return history_.size() < all;
}

void DelayEstimator::find_events(double now_ms) {
  event_count_ = 0;
  event_threshold_ms_ = most_over_;
  if (quantile_above(over(), kUsualShare, most_over_ - static_cast<float>(kEventOverMs))) return;
  std::array<float, ArrivalHistory::kCapacity> sorted;
  std::copy(over().begin(), over().end(), sorted.begin());
  event_threshold_ms_ = quantile(std::span(sorted).first(history_.size()), kUsualShare) + kEventOverMs;
  double earliest = std::numeric_limits<double>::infinity();
  for (std::size_t age = 0; age < history_.size(); ++age) {
    if (over_[age] <= event_threshold_ms_) continue;
    const ArrivalHistory::Entry& frame = history_.newest(age);
    const double over = over_base(frame, now_ms);
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
                  : std::clamp(kPatience * (newest - oldest) / (alike - 1), kLeastPatienceMs, kMaxPatienceMs);
    event.counts = now_ms - newest <= hold;
  }
}

void DelayEstimator::build_histogram(double now_ms) {
  std::fill_n(later_than_.begin(), buckets_used_, 0.0F);
  buckets_used_ = 0;
  total_weight_ = 0;
  double sum = 0;
  double recent_sum = 0;
  double recent_weight = 0;
  std::size_t event = 0;
  // With a fast sender transits shrink: until then they are what they are now.
  const double at_ms = now_ms + (drift_.slope() > 0 ? kLookAheadMs : 0);
  const ArrivalHistory::WeightScale scale = history_.scale_at(now_ms);
  // The bucket that the last frame fell into, and what is in it: most fall into the same as the one before.
  std::size_t bucket = 0;
  float in_bucket = 0;
  for (std::size_t age = 0; age < history_.size(); ++age) {
    const ArrivalHistory::Entry& frame = history_.newest(age);
    const double over = std::max(0.0, over_base(frame, at_ms));
    if (over > event_threshold_ms_) {
      // Events are in the same order as frames: move on to the one this frame belongs to.
      while (event + 1 < event_count_ && frame.at_ms <= events_[event + 1].at_ms) ++event;
      if (event_count_ > 0 && !events_[event].counts) continue;
    }
    const double weight = frame.weight * scale.weight;
    auto here = static_cast<std::size_t>(over);
    here = std::min(kBuckets, here + (static_cast<double>(here) < over ? 1 : 0));
    if (here != bucket) {
      later_than_[bucket] = in_bucket;
      bucket = here;
      in_bucket = later_than_[bucket];
      buckets_used_ = std::max(buckets_used_, bucket);
    }
    in_bucket += static_cast<float>(weight);
    total_weight_ += weight;
    sum += weight * over;
    const double fresh = frame.fresh_weight * scale.fresh_weight;
    recent_sum += fresh * over;
    recent_weight += fresh;
  }
  later_than_[bucket] = in_bucket;
  ++buckets_used_;
  if (total_weight_ > 0) mean_transit_ms_ = base_ms_ + sum / total_weight_;
  // From weights in buckets (b - 1, b] to weights beyond b.
  float beyond = 0;
  for (bucket = buckets_used_; bucket-- > 0;) {
    const float here = later_than_[bucket];
    later_than_[bucket] = beyond;
    beyond += here;
  }
  const double oldest = history_.newest(history_.size() - 1).at_ms;
  prior_weight_ = kPriorFrames * std::exp(-(now_ms - oldest) / kPriorForgetMs);
  tail_weight_ = kTailFrames;
  tail_ms_ = recent_weight > 0 ? std::max(kLeastTailMs, recent_sum / recent_weight) : kLeastTailMs;
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

namespace {

double cost_of(double delay_ms, double late_share) {
  return std::log(std::max(0.0, delay_ms) + kDelayScaleMs) + kLossCost * late_share;
}

}  // namespace

double DelayEstimator::cost(double over_ms) const {
  return cost_of(delay_at_ms(base_ms_ + over_ms), late_share(over_ms));
}

// Of `first` and what is 10 ms apart from it upwards, the offset that costs least.
double DelayEstimator::best_over(double first) const {
  double best = std::numeric_limits<double>::infinity();
  double best_over = first;
  for (double over = first; over < static_cast<double>(kBuckets); over += 10) {
    const double delay = delay_at_ms(base_ms_ + over);
    if (delay < limits_.min_ms && over + 10 < static_cast<double>(kBuckets)) continue;
    if (delay > limits_.max_ms && std::isfinite(best)) break;
    // From here on the delay alone costs more.
    if (cost_of(delay, 0) >= best) break;
    const double here = cost(over);
    if (here < best) {
      best = here;
      best_over = over;
    }
  }
  return best_over;
}

void DelayEstimator::choose(double now_ms, double tick_phase_ms) {
  const auto look = [&] {
    measure(now_ms);
    find_events(now_ms);
  };
  look();
  if (drop_stale_regime(now_ms)) look();
  build_histogram(now_ms);

  const double first = std::ceil((base_ms_ - tick_phase_ms) / 10) * 10 + tick_phase_ms - base_ms_;
  double chosen = best_over(first);
  if (have_target_) {
    // The same grid point as before, as the grid moves with the sender's clock.
    const double held = std::round((target_ms_ - tick_phase_ms) / 10) * 10 + tick_phase_ms - base_ms_;
    const double delay = delay_at_ms(base_ms_ + held);
    const double margin = chosen < held ? kDownHysteresis : kUpHysteresis;
    if (held >= first && delay >= limits_.min_ms && delay <= limits_.max_ms &&
        cost(held) - cost(chosen) < margin) {
      chosen = held;
    }
  }
  target_ms_ = base_ms_ + chosen;
  have_target_ = true;
}

}  // namespace chime::jitter
