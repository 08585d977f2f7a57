#include "jitter/time_stretch.hpp"

#include <algorithm>

namespace chime::jitter {

namespace {

// How alike two periods must be for one of them to go unnoticed.
constexpr float kSteady = 0.9F;
// The same when the delay is far too high.
constexpr float kRoughly = 0.5F;

std::size_t frames_of(int sample_rate, double ms) {
  return static_cast<std::size_t>(sample_rate * ms / 1000);
}

}  // namespace

TimeStretch::TimeStretch(int sample_rate)
    : shortest_(frames_of(sample_rate, 2.5)),
      longest_(frames_of(sample_rate, 15)),
      overlap_(frames_of(sample_rate, 5)),
      window_(frames_of(sample_rate, 7.5)),
      step_(std::max<std::size_t>(1, static_cast<std::size_t>(sample_rate / 8000))),
      block_(frames_of(sample_rate, 5)),
      lookahead_(frames_of(sample_rate, 30)) {}

bool TimeStretch::pause(const PlayoutQueue& queue, const PauseDetector& pauses, std::ptrdiff_t from,
                        std::size_t frames) const {
  for (std::size_t done = 0; done < frames; done += block_) {
    const std::size_t count = std::min(block_, frames - done);
    if (!pauses.pause(power(queue.at(from + static_cast<std::ptrdiff_t>(done)), count, queue.channels())))
      return false;
  }
  return true;
}

std::size_t TimeStretch::shorten(PlayoutQueue& queue, const PauseDetector& pauses, Wanted wanted) const {
  const std::size_t future = queue.future();
  if (future < overlap_ + shortest_) return 0;
  const std::size_t quiet = std::min(wanted.in_pause, future - overlap_);
  if (quiet > 0 && pause(queue, pauses, 0, quiet + overlap_)) {
    queue.remove(0, quiet, overlap_, true);
    return quiet;
  }
  const std::size_t longest = std::min({longest_, wanted.in_speech, future > window_ ? future - window_ : 0});
  if (longest < shortest_) return 0;
  // [p, p + window) resembles [0, window): drop the p frames in between.
  Period best;
  best.correlation = -1;
  const auto found = [&](std::size_t lag) {
    return best_lag(queue.at(static_cast<std::ptrdiff_t>(lag)), queue.channels(), lag, lag, window_, 1);
  };
  for (std::size_t lag = shortest_; lag <= longest; lag += step_) {
    const Period candidate =
        best_lag(queue.at(static_cast<std::ptrdiff_t>(lag)), queue.channels(), lag, lag, window_, step_);
    if (candidate.correlation > best.correlation) best = {lag, candidate.correlation};
  }
  if (best.correlation < (wanted.anywhere ? kRoughly : kSteady) - 0.1F) return 0;
  const std::size_t from = best.frames > shortest_ + step_ ? best.frames - step_ : shortest_;
  const std::size_t to = std::min(longest, best.frames + step_);
  best.correlation = -1;
  for (std::size_t lag = from; lag <= to; ++lag) {
    const Period candidate = found(lag);
    if (candidate.correlation > best.correlation) best = {lag, candidate.correlation};
  }
  if (best.correlation < (wanted.anywhere ? kRoughly : kSteady)) return 0;
  queue.remove(0, best.frames, std::min(overlap_, best.frames), false);
  return best.frames;
}

std::size_t TimeStretch::lengthen(PlayoutQueue& queue, const PauseDetector& pauses, Wanted wanted) const {
  if (queue.future() < window_ || queue.room() < std::max(longest_, wanted.in_pause)) return 0;
  const std::size_t quiet = std::max(wanted.in_pause, overlap_);
  if (wanted.in_pause > 0 && pause(queue, pauses, -static_cast<std::ptrdiff_t>(quiet), quiet + overlap_)) {
    queue.repeat(0, quiet, overlap_, true);
    return quiet;
  }
  if (wanted.in_speech == 0) return 0;
  const Period best = best_lag(queue.at(0), queue.channels(), shortest_, longest_, window_, step_);
  if (best.correlation < (wanted.anywhere ? kRoughly : kSteady)) return 0;
  queue.repeat(0, best.frames, std::min(overlap_, best.frames), false);
  return best.frames;
}

}  // namespace chime::jitter
