#include <doctest/doctest.h>

#include "stream/chime_redundancy_policy.hpp"

using chime::stream::ChimeRedundancyPolicy;

namespace {

// 50 packets a second, a receiver report every second.
struct Clock {
  ChimeRedundancyPolicy policy;
  std::int64_t now_ms = 1'700'000'000'000;
  std::int64_t sent = 0;
  std::int64_t lost = 0;

  ChimeRedundancyPolicy::Decision tick(int lost_now) {
    now_ms += 1000;
    sent += 50;
    lost += lost_now;
    return policy.update(now_ms, sent, now_ms, lost);
  }
};

}  // namespace

TEST_CASE("loss in the last five seconds brings copies") {
  Clock clock;
  for (int n = 0; n < 20; ++n) CHECK_FALSE(clock.tick(0).copies.has_value());
  CHECK_FALSE(clock.tick(10).copies.has_value());
  CHECK_FALSE(clock.tick(10).copies.has_value());  // 8 % exactly is not above 8 %
  CHECK(clock.tick(10).copies == 2);
  CHECK_FALSE(clock.tick(10).copies.has_value());
  clock.tick(10);
  CHECK(clock.policy.copies() == 2);
  CHECK(clock.policy.loss_percent() == doctest::Approx(20));
}

TEST_CASE("copies stay for five minutes") {
  Clock clock;
  for (int n = 0; n < 30; ++n) clock.tick(10);
  int seconds = 0;
  while (clock.policy.copies() > 0) {
    clock.tick(0);
    ++seconds;
  }
  CHECK(seconds > 290);
  CHECK(seconds < 320);
}

TEST_CASE("above three quarters lost, redundancy is switched off, and on again a minute later") {
  Clock clock;
  for (int n = 0; n < 40; ++n) clock.tick(48);
  CHECK_FALSE(clock.policy.enabled());
  int seconds = 0;
  while (!clock.policy.enabled()) {
    clock.tick(0);
    ++seconds;
  }
  CHECK(seconds > 55);
  CHECK(seconds < 80);
}
