#include <doctest/doctest.h>

#include <vector>

#include "stream/loss_policy.hpp"

using chime::stream::LossPolicy;

namespace {

// Reports once a second.
struct Path {
  LossPolicy policy;
  std::int64_t now_us = 0;

  void report(double loss, double rtt_ms = 50, double jitter_ms = 5) {
    now_us += 1'000'000;
    policy.on_report({now_us, loss, 50, rtt_ms, jitter_ms, std::nullopt});
  }
  void reports(int count, double loss) {
    for (int n = 0; n < count; ++n) report(loss);
  }
  [[nodiscard]] std::vector<int> distances(bool lbrr = true, int frame_ms = 20) const {
    const auto plan = policy.plan(lbrr, 40000, frame_ms);
    return {plan.used().begin(), plan.used().end()};
  }
  [[nodiscard]] std::size_t copies() const { return distances().size(); }
  [[nodiscard]] int expected_loss(int bitrate_bps = 40000) const {
    return policy.plan(true, bitrate_bps).expected_loss_percent;
  }
};

using Distances = std::vector<int>;

}  // namespace

TEST_CASE("a sender starts with one copy and drops it once reports say the path is clean") {
  Path path;
  CHECK(path.copies() == 1);
  CHECK(path.expected_loss() == 2);
  path.reports(3, 0);
  CHECK(path.copies() == 0);
  CHECK(path.expected_loss() == 0);
}

TEST_CASE("the first lossy report brings copies and tells the encoder") {
  Path path;
  path.reports(60, 0);
  path.report(0.02);
  CHECK(path.expected_loss() == 2);
  CHECK(path.distances(false) == Distances{1});
  CHECK(path.distances(true) == Distances{});  // FEC does
  path.report(0.10);
  CHECK(path.expected_loss() == 10);
  CHECK(path.distances(false) == Distances{1, 2});
  CHECK(path.distances(true) == Distances{2});
  path.report(0.30);
  CHECK(path.distances(true) == Distances{2, 4});
}

TEST_CASE("redundancy goes within tens of seconds after the loss") {
  Path path;
  path.reports(30, 0.10);
  int seconds = 0;
  while (path.distances(false).size() == 2) {
    path.report(0);
    ++seconds;
  }
  CHECK(seconds >= 5);
  CHECK(seconds <= 15);
  while (path.distances(false).size() == 1) {
    path.report(0);
    ++seconds;
  }
  CHECK(seconds <= 30);
  CHECK(path.expected_loss() == 0);
}

TEST_CASE("copies of long packets stay near") {
  Path path;
  path.reports(10, 0.30);
  CHECK(path.distances(true, 40) == Distances{1});
  CHECK(path.distances(true, 60) == Distances{1});
  CHECK(path.distances(true, 10) == Distances{2, 4});
}

TEST_CASE("bursts put copies further away, as far as the buffer is likely to reach") {
  Path steady;
  for (int n = 0; n < 40; ++n) steady.report(n % 2 == 0 ? 0.08 : 0.12);
  CHECK(steady.policy.burst_packets() < 1.5);

  Path bursty;
  for (int n = 0; n < 40; ++n) bursty.report(n % 5 == 0 ? 0.4 : 0.0);
  CHECK(bursty.policy.burst_packets() > 4);
  CHECK(bursty.distances(true).back() >= 3);
  CHECK(bursty.distances(false).back() >= 3);
  bursty.report(0.1, 50, 50);
  CHECK(bursty.distances(true).back() >= 6);
  CHECK(bursty.distances(false).back() >= 3);
}

TEST_CASE("a burst length that is known is believed") {
  Path path;
  path.policy.on_report({1'000'000, 0.1, 50, 50.0, 40.0, 3.0});
  CHECK(path.policy.burst_packets() == 3.0);
  CHECK(path.copies() == 2);
}

TEST_CASE("loss with a growing round trip is congestion: less is sent, not more") {
  Path path;
  path.reports(10, 0);
  for (int n = 0; n < 5; ++n) path.report(0.3, 300);
  CHECK(path.policy.congested());
  CHECK(path.copies() == 1);
  CHECK(path.policy.plan(true, 40000).bitrate_percent < 100);
  path.reports(1, 0.3);
  CHECK_FALSE(path.policy.congested());
  CHECK(path.copies() == 2);
}

TEST_CASE("when nothing gets through nothing is repeated") {
  Path path;
  path.reports(10, 0.95);
  CHECK(path.copies() == 0);
  path.reports(2, 0.1);
  CHECK(path.copies() >= 1);
}

TEST_CASE("where FEC costs bandwidth it is asked for only when one copy does not do") {
  Path path;
  path.reports(10, 0.02);
  CHECK(path.expected_loss(32000) == 2);
  path.reports(5, 0.06);
  CHECK(path.expected_loss(32000) == 10);
  CHECK(path.expected_loss(40000) == 6);
  CHECK(path.expected_loss(16000) == 6);
}

TEST_CASE("reports at strange times do no harm") {
  LossPolicy policy;
  policy.on_report({.now_us = 5'000'000, .fraction_lost = 0.1});
  policy.on_report({.now_us = 1'000'000, .fraction_lost = 0.1});
  policy.on_report({.now_us = 1'000'000, .fraction_lost = 0.0, .packets_expected = 0});
  policy.on_report({.now_us = 900'000'000, .fraction_lost = 0.0});
  CHECK(policy.loss() > 0);
  CHECK(policy.loss() < 0.1);
}
