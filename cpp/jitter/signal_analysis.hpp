// What a stretch of sound is like: how loud, whether a pause, whether it repeats with a pitch period. Looked
// at by the time stretch, never by the decision, which only sees the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace chime::jitter {

// Mean power of `frames` interleaved frames, in full-scale-squared units (1 = full-scale square wave).
[[nodiscard]] double power(const std::int16_t* samples, std::size_t frames, int channels);

// Follows how loud speech and background are, and calls what is near the background a pause.
class PauseDetector {
 public:
  // Takes the next 10 ms as they were decoded.
  void push(double block_power);
  // Whether a stretch of this power is a pause.
  [[nodiscard]] bool pause(double power) const;
  // For how many blocks the newest have all been pause.
  [[nodiscard]] int run() const { return run_; }

 private:
  int run_ = 0;
  double loud_ = 1e-4;   // decaying peak of block power
  double quiet_ = 1e-6;  // slowly rising minimum
};

struct Period {
  std::size_t frames = 0;
  float correlation = 0;  // normalised, of a period with the next
};

// The lag in [shortest, longest] at which the sound before `at` best continues as the sound at `at`,
// comparing `window` frames on either: correlates [at, at + window) with [at - lag, at - lag + window). All
// channels count. Coarse search on every `step`-th sample, then exact around the best.
[[nodiscard]] Period best_lag(const std::int16_t* at, int channels, std::size_t shortest, std::size_t longest,
                              std::size_t window, std::size_t step);

}  // namespace chime::jitter
