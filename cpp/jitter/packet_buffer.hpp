// Frames that wait to be played, in the order of their media time. One entry a frame, whoever brought it: the
// packet of its own or a RED copy (RFC 2198), which is bit for bit the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chime::jitter {

struct Frame {
  std::int64_t timestamp = 0;  // extended, 48 kHz
  std::int64_t sequence =
      0;  // extended; of the packet that would carry it as its primary, or of the carrier of a copy
  std::int64_t arrival_us = 0;    // of the first packet that brought it in any form
  std::int32_t duration = 0;      // 48 kHz samples
  bool copy = false;              // only a redundant copy has come so far
  std::int32_t fec_duration = 0;  // of the sound before it that its in-band FEC (LBRR) carries; 0: none
  std::vector<std::uint8_t> payload;
};

// Holds at most kCapacity frames. Entries keep their memory when they are freed, so that nothing is allocated
// once payloads of the usual size have been seen. Not thread-safe: the receiver that owns it holds its lock.
class PacketBuffer {
 public:
  // 2.5 s of 10 ms frames: above any delay the receiver may be set to, and a bound on memory.
  static constexpr std::size_t kCapacity = 256;

  enum class Insert {
    kInserted,
    kDuplicate,  // the frame is already there (a primary that joins its copy turns `copy` off and is
                 // kInserted)
    kOverflow,   // no room: the frame was not taken
  };

  PacketBuffer();
  PacketBuffer(const PacketBuffer&) = delete;
  PacketBuffer& operator=(const PacketBuffer&) = delete;

  Insert insert(std::int64_t timestamp, std::int64_t sequence, std::int64_t arrival_us, std::int32_t duration,
                bool copy, std::int32_t fec_duration, std::span<const std::uint8_t> payload);

  // The frame that begins exactly there, or nullptr.
  [[nodiscard]] const Frame* find(std::int64_t timestamp) const;
  // The earliest frame that begins at or after `timestamp`, or nullptr.
  [[nodiscard]] const Frame* next_from(std::int64_t timestamp) const;
  [[nodiscard]] const Frame* first() const { return order_.empty() ? nullptr : order_.front(); }
  [[nodiscard]] const Frame* last() const { return order_.empty() ? nullptr : order_.back(); }
  [[nodiscard]] std::size_t size() const { return order_.size(); }

  void remove(std::int64_t timestamp);
  // Drops what begins before `timestamp`; returns how many frames these were, and through `copies` how many
  // of them had come as copies only.
  std::size_t drop_before(std::int64_t timestamp, std::size_t* copies = nullptr);
  void clear();

 private:
  std::vector<Frame> slots_;
  std::vector<Frame*> free_;
  std::vector<Frame*> order_;  // by timestamp
};

}  // namespace chime::jitter
