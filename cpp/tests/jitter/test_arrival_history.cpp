#include "jitter/arrival_history.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>

using chime::jitter::ArrivalHistory;

TEST_CASE("weights fall to 1/e in their time, however long ago the first frame was") {
  const auto history = std::make_unique<ArrivalHistory>(30000.0, 2000.0);
  for (int n = 0; n < 10000; ++n) history->add({1e6 + 20.0 * n, 30, 20, n % 2 == 0 ? 1.0F : 0.5F});
  CHECK(history->size() == ArrivalHistory::kCapacity);
  const double now = 1e6 + 20.0 * 9999 + 7;
  const auto scale = history->scale_at(now);
  for (const std::size_t age : {0U, 1U, 100U, 2047U}) {
    CAPTURE(age);
    const auto& frame = history->newest(age);
    const double worth = age % 2 == 0 ? 0.5 : 1.0;
    CHECK(now - frame.at_ms == doctest::Approx(7 + 20.0 * static_cast<double>(age)));
    CHECK(frame.weight * scale.weight ==
          doctest::Approx(worth * std::exp(-(now - frame.at_ms) / 30000)).epsilon(1e-9));
    CHECK(frame.fresh_weight * scale.fresh_weight ==
          doctest::Approx(worth * std::exp(-(now - frame.at_ms) / 2000)).epsilon(1e-9));
  }
}

TEST_CASE("the newest frames are kept, in order") {
  const auto history = std::make_unique<ArrivalHistory>(30000.0, 2000.0);
  for (int n = 0; n < 3000; ++n) history->add({1.0 * n, 2.0 * n, 20, 1});
  history->keep_newest(10);
  history->add({3000, 6000, 20, 1});
  CHECK(history->size() == 11);
  CHECK(history->newest(0).transit_ms == 6000);
  CHECK(history->newest(10).transit_ms == 2 * 2990);
}

TEST_CASE("a clock that jumps leaves finite weights") {
  const auto history = std::make_unique<ArrivalHistory>(30000.0, 2000.0);
  for (const double at : {0.0, 1e12, -1e12, 5.0, 1e15, 20.0}) {
    history->add({at, 0, 20, 1});
    const auto scale = history->scale_at(at);
    CHECK(history->newest(0).weight * scale.weight == doctest::Approx(1));
    for (std::size_t age = 0; age < history->size(); ++age) {
      const double weight = history->newest(age).weight * scale.weight;
      CHECK(weight >= 0);
      CHECK(weight <= 1.001);
    }
  }
}
