#include "jitter/decision.hpp"

#include <algorithm>

namespace chime::jitter {

namespace {

// Less than a millisecond too much is not worth a splice. Too little counts at once: a frame that begins just
// before a tick is needed a whole tick earlier.
constexpr double kDeadZoneMs = 1;
constexpr double kShortMs = 0.005;  // a quarter of a sample at 48 kHz
// A pause is one between phrases when it has lasted this long; stop closures inside of words take 50 to 100
// ms and their length is heard. To lengthen one, half of a closure will do.
constexpr double kLongPauseMs = 150;
constexpr double kSomePauseMs = 40;
// At most this much of a block's time goes, or comes, at once: pauses keep half of their length.
constexpr double kPauseStepMs = 10;
// The delay is far too high from here on. When long pauses have not brought it down, ever more is given up
// for it: first short pauses, then steady speech, then any. All of it sooner when the delay is higher still,
// so that after a bad network it is right again within five seconds.
constexpr double kFarTooHighMs = 60;
constexpr double kShortPausesAfterMs = 500;
constexpr double kSpeechAfterMs = 2000;
constexpr double kRoughlyAfterMs = 3000;
constexpr double kVeryFarTooHighMs = 150;
constexpr double kSooner = 0.5;
// Too little delay by this much costs more late frames than a splice in steady speech does harm.
constexpr double kFarTooLowMs = 30;
// When a slow sender eats the delay away, steady speech is spliced at once, and any after this: the frames to
// come will all be late.
constexpr double kDriftRoughlyAfterMs = 1500;

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

Stretch StretchPolicy::decide(const DelayStatus& status) {
  Stretch stretch;
  if (status.excess_ms <= kDeadZoneMs) {
    recovering_ = false;
  } else if (!recovering_ && status.excess_ms > kFarTooHighMs) {
    recovering_ = true;
    far_since_ms_ = status.now_ms;
    hurry_ = false;
  }
  if (recovering_ && status.excess_ms > kVeryFarTooHighMs) hurry_ = true;
  const bool lacks = status.excess_ms < -kShortMs;
  if (lacks && !lacking_) lacking_since_ms_ = status.now_ms;
  lacking_ = lacks;
  if (!status.can_adapt) return stretch;

  if (status.excess_ms > kDeadZoneMs) {
    const double waited_ms = recovering_ ? (status.now_ms - far_since_ms_) / (hurry_ ? kSooner : 1) : 0;
    stretch.operation = waited_ms >= kSpeechAfterMs ? Operation::kFastAccelerate : Operation::kAccelerate;
    const double pause_ms = waited_ms >= kShortPausesAfterMs ? kSomePauseMs : kLongPauseMs;
    if (status.pause_ms >= pause_ms) stretch.in_pause_ms = std::min(status.excess_ms, kPauseStepMs);
    if (waited_ms >= kSpeechAfterMs) stretch.in_speech_ms = status.excess_ms;
    stretch.roughly = waited_ms >= kRoughlyAfterMs;
  } else if (lacks) {
    stretch.operation = Operation::kPreemptiveExpand;
    if (status.pause_ms >= kSomePauseMs) stretch.in_pause_ms = std::min(-status.excess_ms, kPauseStepMs);
    if (status.drifting || status.excess_ms <= -kFarTooLowMs) stretch.in_speech_ms = -status.excess_ms;
    stretch.roughly = status.drifting && status.now_ms - lacking_since_ms_ >= kDriftRoughlyAfterMs;
  }
  return stretch;
}

}  // namespace chime::jitter
