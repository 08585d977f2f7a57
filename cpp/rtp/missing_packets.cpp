#include "rtp/missing_packets.hpp"

#include <algorithm>

namespace chime::rtp {

bool MissingPackets::received(std::int64_t sequence, std::int64_t now_us) {
  if (!any_ || sequence == highest_ + 1) {
    any_ = true;
    highest_ = sequence;
    return true;
  }
  const auto begin = missing_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  if (sequence <= highest_) {
    const auto found = std::lower_bound(begin, end, sequence, [](const Missing& entry, std::int64_t value) {
      return entry.sequence < value;
    });
    if (found != end && found->sequence == sequence) {
      std::move(found + 1, end, found);
      --count_;
    }
    return true;
  }
  const std::int64_t gap = sequence - highest_ - 1;
  const std::int64_t first = highest_ + 1;
  highest_ = sequence;
  if (gap > static_cast<std::int64_t>(kMax - count_)) {
    count_ = 0;
    return false;
  }
  for (std::int64_t i = 0; i < gap; ++i) missing_[count_++] = {first + i, now_us + kReorderingUs, 0};
  return true;
}

void MissingPackets::forget_before(std::int64_t sequence) {
  const auto begin = missing_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  const auto kept =
      std::find_if(begin, end, [&](const Missing& entry) { return entry.sequence >= sequence; });
  count_ = static_cast<std::size_t>(std::move(kept, end, begin) - begin);
}

}  // namespace chime::rtp
