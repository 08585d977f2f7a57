// The newest packets of a stream, kept to be sent again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "rtp/bytes.hpp"

namespace chime::rtp {

// A ring over extended sequence numbers. Its memory grows to the largest packets seen and is used again after
// that.
class PacketCache {
 public:
  struct Entry {
    Bytes packet;  // valid until the next put()
    std::int64_t arrival_us = 0;
  };

  explicit PacketCache(std::size_t capacity) : slots_(capacity) {}

  // Keeps a copy in place of the packet that is `capacity` older. False, and nothing is kept, for a packet
  // that is here already or is older than the whole ring.
  bool put(std::int64_t sequence, Bytes packet, std::int64_t arrival_us);
  [[nodiscard]] std::optional<Entry> find(std::int64_t sequence) const;
  // Forgets all packets, not the memory.
  void clear();

 private:
  static constexpr std::int64_t kEmpty = std::numeric_limits<std::int64_t>::min();
  struct Slot {
    std::int64_t sequence = kEmpty;
    std::int64_t arrival_us = 0;
    std::vector<std::uint8_t> data;
  };
  [[nodiscard]] std::size_t index(std::int64_t sequence) const;

  std::vector<Slot> slots_;
};

}  // namespace chime::rtp
