#include "stream/worker_pool.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "tests/allocation_counter.hpp"

using chime::stream::WorkerPool;

namespace {

struct Counts {
  std::vector<std::atomic<int>> of;
  explicit Counts(std::size_t size) : of(size) {}
};

void count(void* job, std::uint32_t index) noexcept {
  static_cast<Counts*>(job)->of[index].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

TEST_CASE("every item of every job is done once, whatever the number of threads") {
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    WorkerPool pool(threads);
    CHECK(pool.threads() == threads);
    for (std::uint32_t size : {0U, 1U, 2U, 7U, 200U}) {
      Counts counts(size);
      for (int round = 1; round <= 200; ++round) {
        pool.run(size, count, &counts);
        for (auto& times : counts.of) REQUIRE(times.load(std::memory_order_relaxed) == round);
      }
    }
  }
}

TEST_CASE("jobs of different size in quick succession do not mix") {
  WorkerPool pool(4);
  Counts few(3);
  Counts many(50);
  for (int round = 1; round <= 2000; ++round) {
    pool.run(3, count, &few);
    pool.run(50, count, &many);
  }
  for (auto& times : few.of) CHECK(times.load() == 2000);
  for (auto& times : many.of) CHECK(times.load() == 2000);
}

TEST_CASE("a job allocates nothing") {
  WorkerPool pool(3);
  Counts counts(20);
  const auto before = chime::tests::allocations();
  for (int round = 0; round < 100; ++round) pool.run(20, count, &counts);
  CHECK(chime::tests::allocations() == before);
}

TEST_CASE("pools come and go, used or not") {
  for (int n = 0; n < 50; ++n) {
    WorkerPool pool(1 + n % 4);
    Counts counts(5);
    if (n % 2 == 0) pool.run(5, count, &counts);
  }
}
