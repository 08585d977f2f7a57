// What tells speech from noise, measured each 10 ms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "audio/narrowband.hpp"
#include "audio/noise_floor.hpp"
#include "audio/spectrum.hpp"

namespace chime::audio {

// Independent of the stream's gain: levels are relative to the noise floor of their band. Allocates at
// construction only.
class SpeechFeatures {
 public:
  static constexpr std::size_t kBands = 10;
  // Values of about -1 to 2: each band above its floor, then the ones that .cpp lists by name.
  static constexpr std::size_t kCount = kBands + 15;
  using Values = std::array<float, kCount>;

  SpeechFeatures(int sample_rate, int channels);

  const Values& update(std::span<const std::int16_t> block) noexcept;
  // The same for a block that a Narrowband has been over already.
  const Values& update(std::span<const float, Narrowband::kBlock> block) noexcept;
  [[nodiscard]] const Values& values() const noexcept { return values_; }
  // Level of the analysed band of the last block, in dBov.
  [[nodiscard]] float level_dbov() const noexcept { return level_dbov_; }

 private:
  void measure_bands() noexcept;
  void measure_voicing() noexcept;
  void measure_shape() noexcept;
  void follow_time() noexcept;

  Narrowband narrowband_;
  std::array<float, Spectrum::kSize> window_{};  // the last 30 ms, weighted, then zeros
  std::array<float, 3 * Narrowband::kBlock> recent_{};
  Spectrum::Bins power_{};
  std::array<float, kBands> bands_db_{};
  std::array<float, kBands> previous_bands_db_{};
  std::array<NoiseFloor, kBands> floors_;
  NoiseFloor floor_;
  float level_dbov_ = 0.0F;
  float pitch_lag_ = 0.0F;
  bool started_ = false;
  Values values_{};
};

}  // namespace chime::audio
