#include "jitter/decision.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace chime::jitter;

TEST_CASE("where the next sound comes from") {
  struct Row {
    Next next;
    bool concealing;
    bool paused;
    Operation wanted;
  };
  const std::vector<Row> table{
      {Next::kFrame, false, false, Operation::kNormal},
      {Next::kFrame, true, false, Operation::kMerge},
      {Next::kFec, false, false, Operation::kMend},
      {Next::kFec, true, false, Operation::kMend},
      {Next::kLater, false, false, Operation::kConceal},
      {Next::kNothing, false, false, Operation::kConceal},
      {Next::kNothing, true, false, Operation::kConceal},
      {Next::kLater, false, true, Operation::kComfortNoise},
      {Next::kNothing, false, true, Operation::kComfortNoise},
      {Next::kFec, false, true, Operation::kComfortNoise},
  };
  for (const Row& row : table) {
    CAPTURE(describe(row.wanted));
    CHECK(decide_source({row.next, row.concealing, row.paused}) == row.wanted);
  }
}

TEST_CASE("how the delay is corrected") {
  struct Row {
    double excess_ms;
    double pause_ms;
    bool can_adapt;
    bool drifting;
    double in_pause_ms;
    double in_speech_ms;
  };
  const std::vector<Row> table{
      {0.5, 500, true, false, 0, 0},       // within the dead zone
      {5, 500, true, false, 5, 0},         // a long pause
      {30, 500, true, false, 10, 0},       // no more than half of it
      {30, 100, true, false, 0, 0},        // a stop closure
      {30, 500, false, false, 0, 0},       // the end of the queue is made up
      {-0.02, 500, true, false, 0.02, 0},  // a sample too little counts
      {-5, 50, true, false, 5, 0},         // some pause
      {-5, 0, true, false, 0, 0},          // no pause, not urgent
      {-40, 0, true, false, 0, 40},        // urgent
      {-5, 0, true, true, 0, 5},           // the sender is slow
  };
  for (const Row& row : table) {
    CAPTURE(row.excess_ms);
    CAPTURE(row.pause_ms);
    StretchPolicy policy;
    DelayStatus status;
    status.excess_ms = row.excess_ms;
    status.pause_ms = row.pause_ms;
    status.can_adapt = row.can_adapt;
    status.drifting = row.drifting;
    const Stretch stretch = policy.decide(status);
    CHECK(stretch.in_pause_ms == doctest::Approx(row.in_pause_ms));
    CHECK(stretch.in_speech_ms == doctest::Approx(row.in_speech_ms));
  }
}

TEST_CASE("a delay far too high is brought down by ever harder means") {
  StretchPolicy policy;
  DelayStatus status;
  status.can_adapt = true;
  status.excess_ms = 100;
  status.pause_ms = 50;
  CHECK(policy.decide(status).in_pause_ms == 0);
  status.now_ms = 600;
  CHECK(policy.decide(status).in_pause_ms == 10);
  CHECK(policy.decide(status).in_speech_ms == 0);
  status.now_ms = 2100;
  status.excess_ms = 40;  // goes on until it is right
  CHECK(policy.decide(status).operation == Operation::kFastAccelerate);
  CHECK(policy.decide(status).in_speech_ms == 40);
  CHECK_FALSE(policy.decide(status).roughly);
  status.now_ms = 3100;
  CHECK(policy.decide(status).roughly);
  status.excess_ms = 0.5;
  CHECK(policy.decide(status).operation == Operation::kNormal);
  status.excess_ms = 40;
  CHECK(policy.decide(status).in_speech_ms == 0);
}
