#include "audio/level.hpp"

#include <algorithm>
#include <cmath>

#include "audio/kernels.hpp"

namespace chime::audio {
namespace {

constexpr double kOverload = 32768.0;

float to_dbov(double power_ratio) noexcept {
  if (power_ratio <= 0.0) return kSilenceDbov;
  return std::max(kSilenceDbov, static_cast<float>(10.0 * std::log10(power_ratio)));
}

}  // namespace

std::uint8_t rfc6464_level(float rms_dbov) noexcept {
  const float attenuation = std::round(-rms_dbov);
  return static_cast<std::uint8_t>(std::clamp(attenuation, 0.0F, 127.0F));
}

Level measure_level(std::span<const std::int16_t> samples) noexcept {
  if (samples.empty()) return {};
  const auto [sum_squares, peak] = kernels::squares_and_peak(samples.data(), samples.size());
  Level level;
  constexpr double full_power = kOverload * kOverload;
  level.power = static_cast<double>(sum_squares) / (full_power * static_cast<double>(samples.size()));
  level.rms_dbov = to_dbov(level.power);
  level.peak_dbov = to_dbov(static_cast<double>(peak) * static_cast<double>(peak) / full_power);
  level.rfc6464 = rfc6464_level(level.rms_dbov);
  return level;
}

void measure_levels(std::span<const std::int16_t> samples, std::span<float> rms_dbov,
                    std::span<float> peak_dbov, std::span<std::uint8_t> rfc6464) noexcept {
  const std::size_t blocks = rms_dbov.size();
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t length = samples.size() / blocks;
    const Level level = measure_level(samples.subspan(block * length, length));
    rms_dbov[block] = level.rms_dbov;
    peak_dbov[block] = level.peak_dbov;
    rfc6464[block] = level.rfc6464;
  }
}

}  // namespace chime::audio
