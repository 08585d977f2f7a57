#include "rtp/extensions.hpp"

namespace chime::rtp {

namespace {

constexpr std::uint8_t kOneByteStopId = 15;
// 2^18 units a second (6.18 fixed point).
constexpr std::int64_t kAbsSendTimeUnits = 1 << 18;

}  // namespace

void Extensions::Iterator::read() {
  while (!rest_.empty() && rest_[0] == 0) rest_ = rest_.subspan(1);  // padding between elements
  const std::size_t header = two_byte_ ? 2 : 1;
  if (rest_.size() < header) {
    done_ = true;
    return;
  }
  const std::uint8_t id = two_byte_ ? rest_[0] : rest_[0] >> 4;
  const std::size_t length = two_byte_ ? rest_[1] : (rest_[0] & 0x0Fu) + 1u;
  const bool stop = !two_byte_ && id == kOneByteStopId;
  if (stop || rest_.size() < header + length) {
    done_ = true;
    return;
  }
  element_ = {id, rest_.subspan(header, length)};
  rest_ = rest_.subspan(header + length);
}

std::optional<Bytes> Extensions::find(std::uint8_t id) const {
  if (id == 0) return std::nullopt;
  for (const ExtensionElement& element : *this) {
    if (element.id == id) return element.data;
  }
  return std::nullopt;
}

std::optional<AudioLevel> read_audio_level(Bytes data) {
  if (data.empty()) return std::nullopt;
  return AudioLevel{static_cast<std::uint8_t>(data[0] & 0x7F), (data[0] & 0x80) != 0};
}

std::array<std::uint8_t, 1> write_audio_level(AudioLevel value) {
  return {static_cast<std::uint8_t>((value.voice ? 0x80 : 0) | (value.level & 0x7F))};
}

std::uint8_t read_csrc_audio_level(Bytes data, std::size_t n) {
  return n < data.size() ? static_cast<std::uint8_t>(data[n] & 0x7F) : std::uint8_t{127};
}

std::optional<std::uint32_t> read_abs_send_time(Bytes data) {
  if (data.size() < 3) return std::nullopt;
  return read_u24(data.data());
}

std::array<std::uint8_t, 3> write_abs_send_time(std::int64_t now_us) {
  // Split so that the product never overflows, whatever the clock's origin.
  const std::int64_t seconds = now_us / 1'000'000;
  const std::int64_t rest_us = now_us % 1'000'000;
  const std::int64_t units = seconds % 64 * kAbsSendTimeUnits + rest_us * kAbsSendTimeUnits / 1'000'000;
  std::array<std::uint8_t, 3> data{};
  write_u24(data.data(), static_cast<std::uint32_t>(units) & 0xFFFFFFu);
  return data;
}

std::optional<std::uint16_t> read_transport_sequence_number(Bytes data) {
  if (data.size() < 2) return std::nullopt;
  return read_u16(data.data());
}

std::array<std::uint8_t, 2> write_transport_sequence_number(std::uint16_t value) {
  std::array<std::uint8_t, 2> data{};
  write_u16(data.data(), value);
  return data;
}

}  // namespace chime::rtp
