#include "audio/kernels.hpp"

#include <algorithm>

// Function multi-versioning needs the loader's ifunc, which musl and sanitizer start-up code do not have.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define CHIME_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CHIME_CLONES
#endif

namespace chime::audio::kernels {

CHIME_CLONES
SquaresAndPeak squares_and_peak(const std::int16_t* samples, std::size_t count) noexcept {
  SquaresAndPeak result;
  std::int16_t low = 0;
  std::int16_t high = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int16_t sample = samples[i];
    low = std::min(low, sample);
    high = std::max(high, sample);
    result.sum_squares += static_cast<std::uint32_t>(static_cast<std::int32_t>(sample) * sample);
  }
  result.peak =
      static_cast<std::uint32_t>(std::max(-static_cast<std::int32_t>(low), static_cast<std::int32_t>(high)));
  return result;
}

}  // namespace chime::audio::kernels
