// How bindings treat the GIL and objects that one thread at a time may use.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace chime::bindings {

namespace py = pybind11;

// Gives the GIL away while it lives. What runs meanwhile must not touch Python objects.
class Unlocked {
 public:
  Unlocked() : thread_(PyEval_SaveThread()) {}
  // When the interpreter has come to its end in between, Python (before 3.14) ends the thread that asks for
  // the GIL by unwinding its stack, through destructors that need the GIL, or through a noexcept, which
  // aborts the process. The thread stays here instead, as it does from 3.14 on, until the process is gone.
  ~Unlocked() {
    try {
      PyEval_RestoreThread(thread_);
    } catch (...) {
      while (true) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* thread_;
};

// Gives the GIL away for work that is worth it. Below so many samples the work is over (a few microseconds)
// sooner than the GIL is back, which takes up to a switch interval of 5 ms when another thread wants it.
class MaybeUnlocked {
 public:
  static constexpr std::size_t kWorthwhileSamples = 8192;

  explicit MaybeUnlocked(std::size_t samples) {
    if (samples >= kWorthwhileSamples) released_.emplace();
  }

 private:
  std::optional<Unlocked> released_;
};

// A core object that one thread at a time may use; use by two at once is an error, never a data race.
template <typename Core>
class OneThread {
 public:
  template <typename... Args>
  explicit OneThread(const char* name, Args... args) : name_(name), core_(args...) {}

  // The right to use the core while it lives.
  class Use {
   public:
    explicit Use(OneThread& owner) : owner_(owner) {
      if (owner.busy_.exchange(true, std::memory_order_acquire)) {
        throw std::runtime_error(std::string(owner.name_) + " is in use by another thread");
      }
    }
    ~Use() { owner_.busy_.store(false, std::memory_order_release); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    Core* operator->() const { return &owner_.core_; }

   private:
    OneThread& owner_;
  };

  Use use() { return Use(*this); }
  // For what never changes after construction.
  const Core& constants() const { return core_; }
  // For what the core itself lets any thread do at any time.
  Core& shared() { return core_; }

 private:
  const char* name_;
  Core core_;
  std::atomic<bool> busy_{false};
};

}  // namespace chime::bindings
