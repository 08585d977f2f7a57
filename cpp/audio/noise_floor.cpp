#include "audio/noise_floor.hpp"

#include <algorithm>

namespace chime::audio {
namespace {

// Single blocks of noise scatter by several dB; the mean of some 50 ms does by little, and so its minimum is
// only a bit below the noise's mean.
constexpr float kSmoothing = 0.2F;
constexpr float kBiasDb = 1.5F;

}  // namespace

float NoiseFloor::update(float level_db) noexcept {
  if (fresh_) {
    fresh_ = false;
    smoothed_ = level_db;
    minima_.fill(level_db);
  }
  smoothed_ += kSmoothing * (level_db - smoothed_);
  if (++blocks_ > kBlocksPerPart) {
    blocks_ = 1;
    part_ = (part_ + 1) % kParts;
    minima_[part_] = smoothed_;
  } else {
    minima_[part_] = std::min(minima_[part_], smoothed_);
  }
  floor_ = *std::min_element(minima_.begin(), minima_.end()) + kBiasDb;
  return floor_;
}

}  // namespace chime::audio
