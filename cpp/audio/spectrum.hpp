// The Fourier transform of one short real block.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace chime::audio {

// 256 real samples to the 129 bins from 0 to half the sample rate. No state, no allocation.
class Spectrum {
 public:
  static constexpr std::size_t kSize = 256;
  static constexpr std::size_t kBins = kSize / 2 + 1;
  using Bins = std::array<float, kBins>;

  // power[k] = |X[k]|^2
  static void power(std::span<const float, kSize> samples, Bins& power) noexcept;
  // The autocorrelation (circular) of the samples that have this power: lags 0 to 128.
  static void autocorrelation(const Bins& power, Bins& lags) noexcept;
};

}  // namespace chime::audio
