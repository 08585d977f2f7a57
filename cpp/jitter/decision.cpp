#include "jitter/decision.hpp"

namespace chime::jitter {

namespace {

// Less than a millisecond is not worth a splice.
constexpr double kDeadZoneMs = 1;
// Beyond this the delay hurts more than a splice inside speech.
constexpr double kFarTooHighMs = 100;

}  // namespace

const char* describe(Operation operation) {
  switch (operation) {
    case Operation::kNormal:
      return "normal";
    case Operation::kMerge:
      return "merge";
    case Operation::kMend:
      return "mend";
    case Operation::kConceal:
      return "conceal";
    case Operation::kComfortNoise:
      return "comfort noise";
    case Operation::kAccelerate:
      return "accelerate";
    case Operation::kFastAccelerate:
      return "fast accelerate";
    case Operation::kPreemptiveExpand:
      return "pre-emptive expand";
  }
  return "unknown";
}

Operation decide_source(const SourceStatus& status) {
  switch (status.next) {
    case Next::kFrame:
      return status.concealing ? Operation::kMerge : Operation::kNormal;
    case Next::kFec:
      return status.paused ? Operation::kComfortNoise : Operation::kMend;
    case Next::kLater:
    case Next::kNothing:
      return status.paused ? Operation::kComfortNoise : Operation::kConceal;
  }
  return Operation::kConceal;
}

Operation decide_stretch(const DelayStatus& status) {
  if (!status.can_adapt) return Operation::kNormal;
  if (status.excess_ms > kFarTooHighMs) return Operation::kFastAccelerate;
  if (status.excess_ms > kDeadZoneMs) return Operation::kAccelerate;
  if (status.excess_ms < -kDeadZoneMs) return Operation::kPreemptiveExpand;
  return Operation::kNormal;
}

}  // namespace chime::jitter
