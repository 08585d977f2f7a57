// What the codec's concealment becomes when a gap goes on: it fades, the room's own noise takes its place,
// and who stays away falls silent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "jitter/background_noise.hpp"

namespace chime::stream {

// Media time is counted in samples at 48 kHz ("ticks"). Nothing allocates after construction.
class MadeUpSound {
 public:
  MadeUpSound(int sample_rate, int channels);

  // The next 10 ms of the stream's own sound and their mean power; see jitter::BackgroundNoise::listen().
  void listen(std::span<const std::int16_t> block, double power, bool joined);
  // Another source: what the room sounds like is unknown.
  void reset();

  // The stream's own sound has ended; `pause`: the sender said so, and the codec knows best what a pause is.
  void begin(bool pause);
  // Turns the next of the codec's concealment into what is to be heard. Does not move on: that is what
  // advance() is for.
  void shape(std::span<std::int16_t> sound);
  void advance(std::int64_t ticks) { ticks_ += ticks; }
  // Nothing of the codec's concealment is left: silence, or the room's noise.
  [[nodiscard]] bool silent() const;
  // The codec's concealment is not heard as it is, so that nothing of the stream's own continues it.
  [[nodiscard]] bool altered() const;

 private:
  struct Gains {
    float codec = 1;
    float background = 0;
  };
  [[nodiscard]] Gains gains(std::int64_t ticks) const;

  static constexpr std::size_t kChunkFrames = 120;

  int sample_rate_;
  std::size_t width_;
  jitter::BackgroundNoise background_;
  std::array<float, 2 * kChunkFrames> noise_{};
  bool pause_ = false;
  std::int64_t ticks_ = 0;  // since the stream's own sound ended
};

}  // namespace chime::stream
