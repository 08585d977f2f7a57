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

  void add(const Availability& frame) {
    ring_[(first_ + size_) % kCapacity] = frame;
    if (size_ < kCapacity) {
      ++size_;
    } else {
      first_ = (first_ + 1) % kCapacity;
    }
  }
  // Forgets all but the newest `count`.
  void keep_newest(std::size_t count) {
    if (count >= size_) return;
    first_ = (first_ + size_ - count) % kCapacity;
    size_ = count;
  }
  void clear() { size_ = 0; }

  [[nodiscard]] std::size_t size() const { return size_; }
  // 0 is the newest.
  [[nodiscard]] const Availability& newest(std::size_t age) const {
    return ring_[(first_ + size_ - 1 - age) % kCapacity];
  }

 private:
  std::array<Availability, kCapacity> ring_{};
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace chime::jitter
