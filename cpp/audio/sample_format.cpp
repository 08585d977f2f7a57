#include "audio/sample_format.hpp"

#include "audio/kernels.hpp"

namespace chime::audio {

void to_float32(std::span<const std::int16_t> from, std::span<float> to) noexcept {
  kernels::int16_to_float(from.data(), to.data(), from.size());
}

void to_int16(std::span<const float> from, std::span<std::int16_t> to) noexcept {
  kernels::float_to_int16(from.data(), to.data(), from.size());
}

}  // namespace chime::audio
