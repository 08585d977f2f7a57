// Many receivers pulled in one call, by a few threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "stream/audio_receiver.hpp"
#include "stream/worker_pool.hpp"

namespace chime::stream {

// Any thread may add and remove, at any time; one thread at a time pulls. Receivers are kept alive while they
// are in the group, one removed during a pull until its end. They stay as they are for everyone else: packets
// are pushed to them directly. A pull allocates only after a change of who is in.
class AudioReceiverGroup {
 public:
  // More threads than this help nobody at 10 ms a tick.
  static constexpr int kMaxThreads = 64;

  // All receivers have this sample rate and number of channels. `threads` in all, the caller's included: 1 to
  // kMaxThreads. Throws std::invalid_argument naming the value.
  AudioReceiverGroup(int sample_rate, int channels, int threads);
  ~AudioReceiverGroup();
  AudioReceiverGroup(const AudioReceiverGroup&) = delete;
  AudioReceiverGroup& operator=(const AudioReceiverGroup&) = delete;

  // Throws std::invalid_argument when the key is taken, the receiver is in already, or its format is another.
  void add(std::int64_t key, std::shared_ptr<AudioReceiver> receiver);
  // Throws std::out_of_range when no receiver has the key.
  void remove(std::int64_t key);
  // In the order of adding, which is the order of blocks.
  [[nodiscard]] std::vector<std::int64_t> keys() const;
  [[nodiscard]] std::size_t size() const;

  // One pull: fixes who is in, so that the caller can make room.
  class Pull {
   public:
    explicit Pull(AudioReceiverGroup& group);
    ~Pull();
    Pull(const Pull&) = delete;
    Pull& operator=(const Pull&) = delete;

    [[nodiscard]] std::size_t streams() const noexcept { return group_.pulled_.size(); }
    // The next 10 ms of each stream, one block after another; `out` must have streams() *
    // samples_per_block() samples, `levels` (RFC 6464) streams() or none. As AudioReceiver::pull otherwise.
    void run(std::span<std::int16_t> out, std::span<std::uint8_t> levels,
             std::optional<std::int64_t> now_us) noexcept;

   private:
    AudioReceiverGroup& group_;
  };

  [[nodiscard]] std::size_t block_frames() const noexcept {
    return static_cast<std::size_t>(sample_rate_) / 100;
  }
  [[nodiscard]] std::size_t samples_per_block() const noexcept {
    return block_frames() * static_cast<std::size_t>(channels_);
  }
  [[nodiscard]] int sample_rate() const noexcept { return sample_rate_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  [[nodiscard]] int threads() const noexcept { return pool_.threads(); }

 private:
  struct Member {
    std::int64_t key = 0;
    std::shared_ptr<AudioReceiver> receiver;
  };

  int sample_rate_;
  int channels_;
  WorkerPool pool_;

  mutable std::mutex mutex_;  // guards what follows; held for a look or a copy at most
  std::vector<Member> members_;
  bool changed_ = false;
  bool pulling_ = false;
  // What a pull works on: only the pulling thread touches it while there is one.
  std::vector<std::shared_ptr<AudioReceiver>> pulled_;
};

}  // namespace chime::stream
