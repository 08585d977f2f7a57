// What time it is when a block is pulled, for callers who do not say: ten milliseconds later than at the pull
// before, kept in step with the arrivals that were pushed in between.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace chime::jitter {

class PlayoutClock {
 public:
  static constexpr std::int64_t kTickUs = 10'000;

  void on_arrival(std::int64_t arrival_us) {
    newest_arrival_us_ = std::max(newest_arrival_us_.value_or(arrival_us), arrival_us);
    if (last_pull_us_)
      earliest_since_pull_us_ = std::min(earliest_since_pull_us_.value_or(arrival_us), arrival_us);
  }

  // The time of this pull.
  std::int64_t on_pull(std::optional<std::int64_t> now_us) {
    std::int64_t now =
        now_us.value_or(last_pull_us_ ? *last_pull_us_ + kTickUs : newest_arrival_us_.value_or(0));
    if (!now_us) {
      // What came after the last pull had not come before it: the clock runs ahead. Follow slowly, as packets
      // may be handed over late; half a second takes off what one late hand-over could not explain.
      if (earliest_since_pull_us_ && *earliest_since_pull_us_ < now - kTickUs) {
        now -= std::min((now - kTickUs - *earliest_since_pull_us_) / 50, kTickUs / 10);
      }
      // What has come came before now.
      now = std::max(now, newest_arrival_us_.value_or(now));
    }
    last_pull_us_ = now;
    earliest_since_pull_us_.reset();
    return now;
  }

 private:
  std::optional<std::int64_t> newest_arrival_us_;
  std::optional<std::int64_t> last_pull_us_;
  std::optional<std::int64_t> earliest_since_pull_us_;
};

}  // namespace chime::jitter
