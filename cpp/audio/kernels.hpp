// The inner loops of this room over plain arrays. Written as simple loops that compilers vectorise; on x86-64
// the ones that gain from it are built twice and the processor picks (see kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace chime::audio::kernels {

struct SquaresAndPeak {
  std::uint64_t sum_squares = 0;
  std::uint32_t peak = 0;  // largest magnitude, 0 to 32768
};

[[nodiscard]] SquaresAndPeak squares_and_peak(const std::int16_t* samples, std::size_t count) noexcept;

}  // namespace chime::audio::kernels
