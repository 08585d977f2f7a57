// Views of octets, and big-endian numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chime::rtp {

// Octets that someone else owns.
using Bytes = std::span<const std::uint8_t>;

// Network byte order; the caller has checked that the octets are there.
[[nodiscard]] inline std::uint16_t read_u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
[[nodiscard]] inline std::uint32_t read_u24(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 16 | static_cast<std::uint32_t>(at[1]) << 8 | at[2];
}
[[nodiscard]] inline std::uint32_t read_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | read_u24(at + 1);
}
inline void write_u16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void write_u24(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 16);
  write_u16(at + 1, static_cast<std::uint16_t>(value));
}
inline void write_u32(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 24);
  write_u24(at + 1, value);
}

}  // namespace chime::rtp
