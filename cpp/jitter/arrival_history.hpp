// When the frames of a stream became available, against when they were made: the raw material of the delay
// estimate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace chime::jitter {

// A frame's transit is (first moment it was there in any form) - (its media time), in milliseconds on an
// arbitrary origin that is the same for all frames of a stream. Only differences of transits mean something.
struct Availability {
  double at_ms = 0;       // when it became available
  double transit_ms = 0;  // at_ms - media time
  float duration_ms = 0;
  float worth = 1;  // less than 1 for a poorer form, the rest following when a better one comes
};

// The last kCapacity availabilities, oldest overwritten. 40 s of 20 ms frames: long enough to have seen
// several of the rare events that decide the tail, short enough that a stale network does not haunt.
class ArrivalHistory {
 public:
  static constexpr std::size_t kCapacity = 2048;

  struct Entry {
    double at_ms = 0;
    double transit_ms = 0;
    // What it is worth, with forgetting: times WeightScale. An exponential a frame, when it comes, in place
    // of one each time that it is looked at.
    double weight = 0;
    double fresh_weight = 0;
  };
  struct WeightScale {
    double weight = 1;
    double fresh_weight = 1;
  };

  // Weights fall to 1/e in these times.
  ArrivalHistory(double forget_ms, double forget_fresh_ms)
      : forget_ms_(forget_ms), forget_fresh_ms_(forget_fresh_ms) {}

  void add(const Availability& frame);
  // Forgets all but the newest `count`.
  void keep_newest(std::size_t count) {
    if (count >= size_) return;
    first_ = (first_ + size_ - count) % kCapacity;
    size_ = count;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  // 0 is the newest.
  [[nodiscard]] const Entry& newest(std::size_t age) const {
    return ring_[(first_ + size_ - 1 - age) % kCapacity];
  }
  // What the weights of all entries are to be multiplied with at a moment.
  [[nodiscard]] WeightScale scale_at(double now_ms) const;

 private:
  void move_anchor(double to_ms);

  double forget_ms_;
  double forget_fresh_ms_;
  double anchor_ms_ = 0;  // weights are those of this moment
  std::array<Entry, kCapacity> ring_{};
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace chime::jitter
