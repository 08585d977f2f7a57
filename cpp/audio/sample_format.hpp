// Between 16-bit PCM and float PCM in which full scale is -1 to 1.
#pragma once

#include <cstdint>
#include <span>

namespace chime::audio {

// Exact: sample / 32768. Both spans have the same length.
void to_float32(std::span<const std::int16_t> from, std::span<float> to) noexcept;

// sample * 32768 rounded to nearest (ties to even) and held within 16 bits; NaN becomes 0. What to_float32
// made comes back as it was. Both spans have the same length.
void to_int16(std::span<const float> from, std::span<std::int16_t> to) noexcept;

}  // namespace chime::audio
