// From arrivals to the playout offset that costs least. See docs/topics/audio-engine.md for the reasoning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "jitter/arrival_history.hpp"

namespace chime::jitter {

struct DelayLimits {
  double min_ms = 0;  // of the jitter-buffer delay
  double max_ms = 1000;
};

// The playout offset is (moment a sample is played) - (its media time), on the same origin as transits: a
// frame whose transit is at most the offset is in time. Of the offsets that the 10 ms tick can reach without
// waste, the estimator picks the one with the least cost
//     log(mean delay + kDelayScaleMs) + kLateCost * (share of the sound that would be late),
// the mean and the share being taken over the recent past, with forgetting.
class DelayEstimator {
 public:
  explicit DelayEstimator(DelayLimits limits) : limits_(limits) {}

  void set_limits(DelayLimits limits) { limits_ = limits; }

  // A frame became available for the first time, in whatever form.
  void add(const Availability& frame);

  // Chooses again. `tick_phase_ms`: any playout offset at which a frame starts exactly with a tick (those 10
  // ms apart from it do so as well). Call once per tick at most; cheap when nothing is due.
  void update(double now_ms, double tick_phase_ms);

  // Forgets everything: a new stream, or a new network under the same one.
  void reset();

  [[nodiscard]] bool ready() const { return history_.size() > 0; }
  // The offset to play at.
  [[nodiscard]] double target_offset_ms() const { return target_ms_; }
  // The same as a delay of the mean frame.
  [[nodiscard]] double target_delay_ms() const { return target_ms_ - mean_transit_ms_ + kMeanWaitMs; }
  // Mean delay at a given offset.
  [[nodiscard]] double delay_at_ms(double offset_ms) const {
    return offset_ms - mean_transit_ms_ + kMeanWaitMs;
  }
  // The least transit lately.
  [[nodiscard]] double base_ms() const { return base_ms_; }
  [[nodiscard]] double drift_ppm() const { return slope_ms_per_s_ * 1000; }

 private:
  // Half a tick: samples of a block that leaves at a tick are 5 ms early on average.
  static constexpr double kMeanWaitMs = 5;
  static constexpr std::size_t kBuckets = 1024;
  static constexpr double kBucketMs = 2;

  void track_drift(const Availability& frame);
  void choose(double now_ms, double tick_phase_ms);
  void detect_regime_change();

  DelayLimits limits_;
  ArrivalHistory history_;
  double next_update_ms_ = 0;
  bool urgent_ = true;
  bool have_target_ = false;
  double target_ms_ = 0;
  double mean_transit_ms_ = 0;
  double base_ms_ = 0;

  // Clock drift: the least transit of each second, and a line through them.
  static constexpr std::size_t kSeconds = 24;
  std::array<double, kSeconds> second_min_{};
  std::array<double, kSeconds> second_at_{};
  std::size_t seconds_ = 0;
  double second_start_ms_ = 0;
  double slope_ms_per_s_ = 0;
};

}  // namespace chime::jitter
