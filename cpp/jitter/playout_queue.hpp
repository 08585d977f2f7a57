// Decoded sound that waits to be played, with the past that stretching and merging look back to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chime::jitter {

// Interleaved int16. "Frames" here are samples per channel. Beside the samples runs a list of where they came
// from, so that the delay of each can be told when it leaves. Sized once; never allocates later.
class PlayoutQueue {
 public:
  // When the packet came that carried some samples; kMadeUp for concealment and comfort noise.
  static constexpr std::int64_t kMadeUp = INT64_MIN;

  PlayoutQueue(int channels, std::size_t past_frames, std::size_t future_frames);

  [[nodiscard]] int channels() const { return channels_; }
  [[nodiscard]] std::size_t future() const { return (end_ - read_) / static_cast<std::size_t>(channels_); }
  [[nodiscard]] std::size_t past() const { return read_ / static_cast<std::size_t>(channels_); }
  [[nodiscard]] std::size_t room() const { return capacity_ - future(); }

  // Samples from `offset` frames after the next one to be played (negative: already played) on.
  [[nodiscard]] const std::int16_t* at(std::ptrdiff_t offset) const {
    return samples_.data() + static_cast<std::ptrdiff_t>(read_) + offset * channels_;
  }
  [[nodiscard]] std::int16_t* at(std::ptrdiff_t offset) {
    return samples_.data() + static_cast<std::ptrdiff_t>(read_) + offset * channels_;
  }

  // Makes room for `frames` frames at the end and returns where they are to be written, all of them.
  std::span<std::int16_t> append(std::size_t frames, std::int64_t arrival_us);
  // Takes back the last `frames` frames.
  void drop_newest(std::size_t frames);

  // Removes `count` frames at `offset`, fading over `overlap` frames from what was there to what follows.
  void remove(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power);
  // Plays the `count` frames before `offset` once more, fading into the repetition over `overlap` frames.
  void repeat(std::size_t offset, std::size_t count, std::size_t overlap, bool equal_power);

  struct Taken {
    std::size_t emitted = 0;  // frames that came from packets
    double delay_us = 0;      // sum over these of now - arrival
  };
  // Plays the next frames; there must be enough.
  Taken take(std::span<std::int16_t> out, std::int64_t now_us);

 private:
  struct Origin {
    std::size_t frames = 0;
    std::int64_t arrival_us = 0;
  };
  void compact();
  void push_origin(std::size_t frames, std::int64_t arrival_us);
  void shrink_origin(std::size_t offset, std::size_t count);
  void grow_origin(std::size_t offset, std::size_t count);

  static constexpr std::size_t kMaxOrigins = 64;

  int channels_;
  std::size_t past_limit_;
  std::size_t capacity_;
  std::size_t read_ = 0;
  std::size_t end_ = 0;
  std::vector<std::int16_t> samples_;
  std::array<Origin, kMaxOrigins> origins_{};
  std::size_t origin_count_ = 0;
};

// Weight of the incoming signal, and of the outgoing one, at `step` of `steps` of a cross-fade.
struct Fade {
  float in;
  float out;
};
[[nodiscard]] Fade fade(std::size_t step, std::size_t steps, bool equal_power);

}  // namespace chime::jitter
