// Redundant audio on the sending side: Opus packets in, RED payloads (RFC 2198) with copies of earlier
// packets out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/bytes.hpp"

namespace chime::stream {

// Where a copy is taken from: the packet sent `offset` earlier, or else the one `fallback` earlier, in RTP
// timestamp units (48 kHz). A fallback of 0 is none.
struct CopyOffset {
  std::uint32_t offset = 0;
  std::uint32_t fallback = 0;
};

// Remembers the packets that are worth repeating (opus::worth_repeating) and adds copies of them to later
// ones. One thread at a time; never allocates.
class RedEncoder {
 public:
  // amazon-chime-sdk-js sends no larger payload, as Chromium's encoded transforms break above it. Equal is
  // allowed.
  static constexpr std::size_t kMaxPayloadSize = 1000;
  static constexpr std::size_t kMaxCopies = 3;
  // Packets remembered, as in the SDK; the oldest makes room.
  static constexpr std::size_t kHistorySize = 10;
  // The SDK's offsets: two and four packets of 20 ms, or else one packet earlier, because in-band FEC covers
  // the packets between (RedundantAudioEncodedTransform.ts).
  static constexpr std::array<CopyOffset, 2> kChimeOffsets{CopyOffset{1920, 2880}, CopyOffset{3840, 4800}};

  // What to do when a copy does not fit the payload: the SDK adds no further one, while an older copy may be
  // smaller.
  enum class Misfit : std::uint8_t { stop, try_next };

  RedEncoder(std::uint8_t opus_payload_type, std::uint8_t red_payload_type, Misfit misfit = Misfit::stop);

  // From now on, nearest first; at most kMaxCopies are used. None at the start.
  void set_offsets(std::span<const CopyOffset> offsets);
  // Copies are added (the default) or not; packets are remembered either way.
  void set_enabled(bool enabled) { enabled_ = enabled; }

  // Writes the RED payload for an Opus packet to `out` (kMaxPayloadSize is always enough) and returns its
  // size; 0 when the packet is empty or does not fit even alone, in which case it is not remembered.
  std::size_t encode(std::uint32_t timestamp, rtp::Bytes packet, std::span<std::uint8_t> out);

  // The same for a frame of any kind that some other sender made, as the SDK's encoded transform does: a RED
  // frame loses the copies it came with; one of another type or that cannot be read goes on unchanged.
  // Returns the frame to send, in `out` or `payload` itself; nothing when it is too large.
  std::optional<rtp::Bytes> transform(std::uint32_t timestamp, rtp::Bytes payload, std::uint8_t payload_type,
                                      std::span<std::uint8_t> out);

  // Copies in the last payload, and their octets without headers.
  [[nodiscard]] std::size_t copies() const { return copies_; }
  [[nodiscard]] std::size_t copied_size() const { return copied_size_; }

 private:
  struct Entry {
    std::uint32_t timestamp = 0;
    std::size_t size = 0;
    std::array<std::uint8_t, kMaxPayloadSize> data;
    [[nodiscard]] rtp::Bytes bytes() const { return {data.data(), size}; }
  };

  [[nodiscard]] Entry& entry(std::size_t n) { return history_[(first_ + n) % kHistorySize]; }
  [[nodiscard]] const Entry* find(std::uint32_t timestamp);
  void drop_older(std::uint32_t timestamp);
  void remember(std::uint32_t timestamp, rtp::Bytes packet);

  const std::uint8_t opus_payload_type_;
  const std::uint8_t red_payload_type_;
  const Misfit misfit_;
  bool enabled_ = true;
  std::array<CopyOffset, kMaxCopies> offsets_{};
  std::size_t offset_count_ = 0;
  std::uint32_t max_age_;

  std::array<Entry, kHistorySize> history_;  // a ring, oldest first from first_
  std::size_t first_ = 0;
  std::size_t count_ = 0;

  std::size_t copies_ = 0;
  std::size_t copied_size_ = 0;
};

}  // namespace chime::stream
