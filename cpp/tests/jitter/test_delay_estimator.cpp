#include "jitter/delay_estimator.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <random>

using chime::jitter::DelayEstimator;
using chime::jitter::DriftEstimator;

namespace {

// Feeds `seconds` of 20 ms frames that take extra(n) ms, and chooses after each; returns the target delay.
template <typename Extra>
double feed(DelayEstimator& estimator, double& now_ms, double seconds, Extra extra) {
  for (int n = 0; n < seconds * 50; ++n) {
    now_ms += 20;
    const double more = extra(n);
    estimator.add({now_ms + more, 30 + more, 20, 1});
    estimator.update(now_ms + more, 35);
  }
  return estimator.target_delay_ms();
}

}  // namespace

TEST_CASE("a quiet network is played at the next tick, jitter waits for nearly all") {
  auto estimator = std::make_unique<DelayEstimator>(chime::jitter::DelayLimits{});
  double now = 0;
  CHECK(feed(*estimator, now, 10, [](int) { return 0.0; }) < 16);
  std::mt19937 random(3);
  std::exponential_distribution<double> delay(1 / 40.0);
  const double target = feed(*estimator, now, 30, [&](int) { return std::min(delay(random), 300.0); });
  CHECK(target > 100);
  CHECK(target < 290);
  SUBCASE("and is quiet again within three seconds of the change") {
    CHECK(feed(*estimator, now, 3, [](int) { return 0.0; }) < 16);
  }
}

TEST_CASE("a network that has become slower is followed") {
  auto estimator = std::make_unique<DelayEstimator>(chime::jitter::DelayLimits{});
  double now = 0;
  feed(*estimator, now, 10, [](int) { return 0.0; });
  const double before = estimator->target_offset_ms();
  feed(*estimator, now, 2, [](int) { return 80.0; });
  CHECK(estimator->target_offset_ms() - before == doctest::Approx(80).epsilon(0.01));
}

TEST_CASE("limits hold") {
  auto estimator = std::make_unique<DelayEstimator>(chime::jitter::DelayLimits{100, 120});
  double now = 0;
  const double target = feed(*estimator, now, 5, [](int) { return 0.0; });
  CHECK(target >= 100);
  CHECK(target <= 120);
}

TEST_CASE("drift is told from scatter and from steps") {
  std::mt19937 random(1);
  std::normal_distribution<double> scatter(0, 1);
  for (const double ppm : {0.0, 100.0, -300.0, 2000.0}) {
    CAPTURE(ppm);
    DriftEstimator drift;
    for (int n = 0; n < 1200; ++n) drift.add(20.0 * n, ppm * 1e-6 * 20 * n + std::abs(scatter(random)));
    CHECK(drift.ppm() == doctest::Approx(ppm).epsilon(0.2));
  }
  DriftEstimator step;
  for (int n = 0; n < 1000; ++n) step.add(20.0 * n, n < 500 ? 60 : 0);
  CHECK(step.ppm() == 0);
}
