// How much faster or slower the sender's clock runs than ours, from the least transit of each half second.
#pragma once

#include <array>
#include <cstddef>

namespace chime::jitter {

class DriftEstimator {
 public:
  void add(double at_ms, double transit_ms);
  void reset() { *this = DriftEstimator(); }

  // By how much transits grow, in ms a ms; 0 while that cannot be told from scatter.
  [[nodiscard]] double slope() const { return slope_; }
  [[nodiscard]] double ppm() const { return slope_ * 1e6; }

 private:
  struct Line {
    double slope = 0;
    double error = 1;  // standard error of the slope
  };
  [[nodiscard]] Line line(std::size_t from, std::size_t to) const;
  void fit();

  static constexpr std::size_t kIntervals = 40;

  std::array<double, kIntervals> least_{};
  std::array<double, kIntervals> at_ms_{};
  std::size_t count_ = 0;  // complete intervals; the current one is at index count_
  double interval_began_ms_ = 0;
  double current_least_ = 0;
  double current_at_ms_ = 0;
  bool any_ = false;
  double slope_ = 0;
};

}  // namespace chime::jitter
