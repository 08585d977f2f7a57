// How loud a block of PCM is, in dBov: decibels relative to the overload point of 16-bit samples (RFC 6464,
// section 3; RFC 6465, appendix A), so a full-scale square wave is 0 dBov and a full-scale sine -3.01 dBov.
#pragma once

#include <cstdint>
#include <span>

namespace chime::audio {

// RFC 6464 carries levels down to -127 dBov; anything quieter, digital silence included, is reported as that.
inline constexpr float kSilenceDbov = -127.0F;
inline constexpr std::uint8_t kSilenceLevel = 127;

struct Level {
  double power = 0;  // mean square, 1 at full scale
  float rms_dbov = kSilenceDbov;
  float peak_dbov = kSilenceDbov;
  std::uint8_t rfc6464 = kSilenceLevel;  // -rms_dbov rounded: 0 is the loudest, 127 silence
};

// The level of all the samples, whatever their channels (interleaved stereo gives the level of both
// together). An empty block is silent. Never allocates.
[[nodiscard]] Level measure_level(std::span<const std::int16_t> samples) noexcept;

// The levels of many blocks of equal length that lie one after another; each output has one element a block.
void measure_levels(std::span<const std::int16_t> samples, std::span<float> rms_dbov,
                    std::span<float> peak_dbov, std::span<std::uint8_t> rfc6464) noexcept;

// The RFC 6464 number for a level in dBov.
[[nodiscard]] std::uint8_t rfc6464_level(float rms_dbov) noexcept;

}  // namespace chime::audio
