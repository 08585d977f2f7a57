// RTP header extensions (RFC 8285, one- and two-byte forms) as views, and the elements that audio uses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rtp/bytes.hpp"

namespace chime::rtp {

// One element: its negotiated id and its data, which lies in the packet it was read from.
struct ExtensionElement {
  std::uint8_t id = 0;
  Bytes data;
};

// The elements of a packet's extension block, walked in place. An element that runs past the end of the block
// ends the walk, as does id 15 of the one-byte form (RFC 8285, section 4.2); neither makes the packet
// invalid. Blocks of other profiles than RFC 8285's have no elements.
class Extensions {
 public:
  static constexpr std::uint16_t kOneByteProfile = 0xBEDE;
  // The low four bits of the two-byte profile are "appbits" and of no meaning here (RFC 8285, section 4.3).
  static constexpr std::uint16_t kTwoByteProfile = 0x1000;

  Extensions() = default;
  Extensions(std::uint16_t profile, Bytes block) : profile_(profile), block_(block) {}

  class Iterator {
   public:
    Iterator(bool two_byte, Bytes rest) : two_byte_(two_byte), rest_(rest) { read(); }
    const ExtensionElement& operator*() const { return element_; }
    const ExtensionElement* operator->() const { return &element_; }
    Iterator& operator++() {
      read();
      return *this;
    }
    // Only comparison with end() is meaningful.
    bool operator!=(const Iterator& other) const { return done_ != other.done_; }

   private:
    void read();

    bool two_byte_;
    bool done_ = false;
    Bytes rest_;
    ExtensionElement element_;
  };

  [[nodiscard]] Iterator begin() const { return {two_byte(), known() ? block_ : Bytes{}}; }
  [[nodiscard]] Iterator end() const { return {false, {}}; }
  // The first element of that id. Id 0 stands for "not negotiated" and is never found.
  [[nodiscard]] std::optional<Bytes> find(std::uint8_t id) const;
  [[nodiscard]] std::uint16_t profile() const { return profile_; }
  // The whole block without its four-octet header.
  [[nodiscard]] Bytes block() const { return block_; }

 private:
  [[nodiscard]] bool two_byte() const { return (profile_ & 0xFFF0) == kTwoByteProfile; }
  [[nodiscard]] bool known() const { return profile_ == kOneByteProfile || two_byte(); }

  std::uint16_t profile_ = 0;
  Bytes block_;
};

// Client-to-mixer audio level (RFC 6464): level in -dBov, 0 (loudest) to 127 (silence).
struct AudioLevel {
  std::uint8_t level = 127;
  bool voice = false;
};
[[nodiscard]] std::optional<AudioLevel> read_audio_level(Bytes data);
[[nodiscard]] std::array<std::uint8_t, 1> write_audio_level(AudioLevel value);

// Mixer-to-client audio levels (RFC 6465): level of the nth CSRC in -dBov, 127 when there is none.
[[nodiscard]] std::uint8_t read_csrc_audio_level(Bytes data, std::size_t n);

// Absolute send time (webrtc.org/experiments/rtp-hdrext/abs-send-time): seconds, unsigned 6.18 fixed point.
[[nodiscard]] std::optional<std::uint32_t> read_abs_send_time(Bytes data);
[[nodiscard]] std::array<std::uint8_t, 3> write_abs_send_time(std::int64_t now_us);

// Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).
[[nodiscard]] std::optional<std::uint16_t> read_transport_sequence_number(Bytes data);
[[nodiscard]] std::array<std::uint8_t, 2> write_transport_sequence_number(std::uint16_t value);

// Media section id (RFC 9143): the mid as text.
[[nodiscard]] inline std::string_view read_mid(Bytes data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace chime::rtp
