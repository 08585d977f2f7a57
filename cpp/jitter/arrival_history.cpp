#include "jitter/arrival_history.hpp"

#include <algorithm>
#include <cmath>

namespace chime::jitter {

namespace {

// Weights are those of a moment at most so far from the newest frame, so that they stay within a double's
// range.
constexpr double kFarFromAnchorMs = 60000;
// Nothing that small is felt; kept from becoming a denormal number, which is slow.
constexpr double kNoWeight = 1e-100;

double forgotten(double weight, double factor) {
  const double left = weight * factor;
  return left < kNoWeight ? 0 : left;
}

}  // namespace

void ArrivalHistory::move_anchor(double to_ms) {
  // A clock that goes backwards makes nothing weigh more.
  const double passed_ms = std::max(0.0, to_ms - anchor_ms_);
  const double slow = std::exp(-passed_ms / forget_ms_);
  const double fresh = std::exp(-passed_ms / forget_fresh_ms_);
  for (Entry& entry : ring_) {
    entry.weight = forgotten(entry.weight, slow);
    entry.fresh_weight = forgotten(entry.fresh_weight, fresh);
  }
  anchor_ms_ = to_ms;
}

void ArrivalHistory::add(const Availability& frame) {
  if (std::abs(frame.at_ms - anchor_ms_) > kFarFromAnchorMs) move_anchor(frame.at_ms);
  const double since_ms = frame.at_ms - anchor_ms_;
  ring_[(first_ + size_) % kCapacity] = {frame.at_ms, frame.transit_ms,
                                         frame.worth * std::exp(since_ms / forget_ms_),
                                         frame.worth * std::exp(since_ms / forget_fresh_ms_)};
  if (size_ < kCapacity) {
    ++size_;
  } else {
    first_ = (first_ + 1) % kCapacity;
  }
}

ArrivalHistory::WeightScale ArrivalHistory::scale_at(double now_ms) const {
  const double since_ms = std::max(now_ms - anchor_ms_, -kFarFromAnchorMs);
  return {std::exp(-since_ms / forget_ms_), std::exp(-since_ms / forget_fresh_ms_)};
}

}  // namespace chime::jitter
