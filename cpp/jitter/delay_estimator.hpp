// From arrivals to the playout offset that costs least. See docs/topics/audio-engine.md for the reasoning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "jitter/arrival_history.hpp"
#include "jitter/drift_estimator.hpp"

namespace chime::jitter {

struct DelayLimits {
  double min_ms = 0;  // of the jitter-buffer delay
  double max_ms = 1000;
};

// The playout offset is (moment a sample is played) - (its media time), on the same origin as transits: a
// frame whose transit is at most the offset is in time. Of the offsets that the 10 ms tick can reach without
// waste, the estimator picks the one with the least cost, which grows with the logarithm of the mean delay
// and with the share of the sound that comes too late (`cost()`), as seen over the recent past with
// forgetting.
class DelayEstimator {
 public:
  explicit DelayEstimator(DelayLimits limits);

  void set_limits(DelayLimits limits) { limits_ = limits; }

  // A frame became available for the first time, in whatever form.
  void add(const Availability& frame);

  // Chooses again if that is due, or urgent. `tick_phase_ms`: any playout offset at which a frame starts
  // exactly with a tick (those 10 ms apart from it do so as well).
  void update(double now_ms, double tick_phase_ms);

  // Forgets everything: a new stream, or a new network under the same one.
  void reset();

  [[nodiscard]] bool ready() const { return history_.size() > 0; }
  // The offset to play at.
  [[nodiscard]] double target_offset_ms() const { return target_ms_; }
  // Mean delay of what is played at a given offset.
  [[nodiscard]] double delay_at_ms(double offset_ms) const {
    return offset_ms - mean_transit_ms_ + kMeanWaitMs;
  }
  [[nodiscard]] double target_delay_ms() const { return delay_at_ms(target_ms_); }
  [[nodiscard]] double drift_ppm() const { return drift_.ppm(); }

 private:
  // Half a tick: the samples of a block leave together, 5 ms early on average.
  static constexpr double kMeanWaitMs = 5;
  static constexpr std::size_t kBuckets = 2048;  // of 1 ms
  static constexpr std::size_t kMaxEvents = 64;

  // A time in which delivery was held up far beyond the usual.
  struct Event {
    double at_ms = 0;      // when it ended
    double height_ms = 0;  // longest delay over the base
    bool counts = true;
  };

  [[nodiscard]] double over_base(const ArrivalHistory::Entry& frame, double now_ms) const;
  void choose(double now_ms, double tick_phase_ms);
  void measure(double now_ms);
  [[nodiscard]] std::span<const float> over() const { return std::span(over_).first(history_.size()); }
  bool drop_stale_regime(double now_ms);
  void find_events(double now_ms);
  void build_histogram(double now_ms);
  [[nodiscard]] double best_over(double first) const;
  [[nodiscard]] double late_share(double over_ms) const;
  [[nodiscard]] double cost(double over_ms) const;

  DelayLimits limits_;
  ArrivalHistory history_;
  DriftEstimator drift_;
  double next_update_ms_ = 0;
  bool urgent_ = true;
  bool have_target_ = false;
  double target_ms_ = 0;
  double mean_transit_ms_ = 0;
  double base_ms_ = 0;
  double frame_ms_ = 20;

  // Of the current choice; kept here so that nothing is allocated.
  std::array<float, ArrivalHistory::kCapacity> over_{};  // of the frames in the history, newest first
  float most_over_ = 0;
  std::array<float, kBuckets + 1> later_than_{};  // weight of frames more than so many ms over the base
  std::size_t buckets_used_ = 0;                  // from here on it is 0
  double total_weight_ = 0;
  double prior_weight_ = 0;
  double tail_weight_ = 0;
  double tail_ms_ = 1;
  std::array<Event, kMaxEvents> events_{};
  std::size_t event_count_ = 0;
  double event_threshold_ms_ = 0;
};

}  // namespace chime::jitter
