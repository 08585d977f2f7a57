// The level below which one band of a stream is noise.
#pragma once

#include <array>
#include <cstddef>

namespace chime::audio {

// Follows the lowest level of the last two seconds: even steady speech dips to the noise in each band within
// that time, between words and at stops, and a change of the noise is followed within it. Levels in dB, one
// each 10 ms.
class NoiseFloor {
 public:
  // The floor after this level.
  float update(float level_db) noexcept;
  [[nodiscard]] float level_db() const noexcept { return floor_; }

 private:
  // The window is kept as minima of eight parts of 250 ms: cheap, and at most a part too long.
  static constexpr std::size_t kParts = 8;
  static constexpr int kBlocksPerPart = 25;

  std::array<float, kParts> minima_{};
  std::size_t part_ = 0;
  int blocks_ = 0;
  float smoothed_ = 0.0F;
  float floor_ = 0.0F;
  bool fresh_ = true;
};

}  // namespace chime::audio
