#include "rtp/packet_cache.hpp"

namespace chime::rtp {

std::size_t PacketCache::index(std::int64_t sequence) const {
  const auto capacity = static_cast<std::int64_t>(slots_.size());
  const std::int64_t rest = sequence % capacity;
  return static_cast<std::size_t>(rest < 0 ? rest + capacity : rest);
}

bool PacketCache::put(std::int64_t sequence, Bytes packet, std::int64_t arrival_us) {
  Slot& slot = slots_[index(sequence)];
  if (slot.sequence >= sequence) return false;
  slot.sequence = sequence;
  slot.arrival_us = arrival_us;
  slot.data.assign(packet.begin(), packet.end());
  return true;
}

std::optional<PacketCache::Entry> PacketCache::find(std::int64_t sequence) const {
  const Slot& slot = slots_[index(sequence)];
  if (slot.sequence != sequence || sequence == kEmpty) return std::nullopt;
  return Entry{slot.data, slot.arrival_us};
}

void PacketCache::clear() {
  for (Slot& slot : slots_) slot.sequence = kEmpty;
}

}  // namespace chime::rtp
