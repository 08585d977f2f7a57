#include "stream/worker_pool.hpp"

namespace chime::stream {

namespace {

constexpr std::uint64_t kOneJob = std::uint64_t{1} << 32U;

std::uint32_t left(std::uint64_t open) { return static_cast<std::uint32_t>(open); }

// What is left to wait for at the end of a job is at most an item a thread, some tens of microseconds: sooner
// over than a sleeping thread is awake again. About so long.
constexpr int kSpins = 2000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

WorkerPool::WorkerPool(int threads) {
  workers_.reserve(static_cast<std::size_t>(threads - 1));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  stopping_.store(true, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerPool::work() noexcept {
  while (true) {
    const std::uint32_t call = calls_.load(std::memory_order_acquire);
    if (stopping_.load(std::memory_order_relaxed)) return;
    help();
    calls_.wait(call, std::memory_order_acquire);
  }
}

void WorkerPool::help() noexcept {
  std::uint64_t open = open_.load(std::memory_order_acquire);
  while (left(open) > 0) {
    if (!open_.compare_exchange_weak(open, open - 1, std::memory_order_acq_rel)) continue;
    // From here to the increment the job cannot end.
    const std::uint32_t count = count_;
    item_(job_, count - left(open));
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done_.notify_one();
    open = open_.load(std::memory_order_acquire);
  }
}

void WorkerPool::run(std::uint32_t count, Item item, void* job) noexcept {
  if (count == 0) return;
  item_ = item;
  job_ = job;
  count_ = count;
  done_.store(0, std::memory_order_relaxed);
  const std::uint64_t number = open_.load(std::memory_order_relaxed) / kOneJob + 1;
  open_.store(number * kOneJob + count, std::memory_order_release);
  if (count > 1 && !workers_.empty()) {
    calls_.fetch_add(1, std::memory_order_release);
    calls_.notify_all();
  }
  help();
  for (int spin = 0; spin < kSpins && done_.load(std::memory_order_acquire) != count; ++spin) relax();
  for (std::uint32_t done = done_.load(std::memory_order_acquire); done != count;
       done = done_.load(std::memory_order_acquire)) {
    done_.wait(done, std::memory_order_acquire);
  }
}

}  // namespace chime::stream
