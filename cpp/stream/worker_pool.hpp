// Threads that share the items of a job with the thread that has it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace chime::stream {

// run() takes part itself and returns when every item is done. It allocates nothing, takes no lock and never
// waits for a thread that has not begun an item: on a busy machine, or in a child process, which has none of
// the threads, it simply does more of the work. One thread at a time runs a job.
class WorkerPool {
 public:
  // `threads` in all, the one that calls run() included.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  using Item = void (*)(void* job, std::uint32_t index) noexcept;
  // Calls item(job, index) for each index below `count`, in any order and from any of the threads.
  void run(std::uint32_t count, Item item, void* job) noexcept;

  [[nodiscard]] int threads() const noexcept { return static_cast<int>(workers_.size()) + 1; }

 private:
  // Apart from each other, as different threads write to them.
  static constexpr std::size_t kCacheLine = 64;

  void work() noexcept;
  void help() noexcept;

  // Of the job at hand; whoever has claimed an item of it may read them.
  Item item_ = nullptr;
  void* job_ = nullptr;
  std::uint32_t count_ = 0;
  // The number of the job in the upper half, how many of its items are left to claim in the lower. A thread
  // that comes late to a job that is over claims nothing of it, nor of the next by mistake.
  alignas(kCacheLine) std::atomic<std::uint64_t> open_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> done_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> calls_{0};  // changes whenever there is work, or an end
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace chime::stream
