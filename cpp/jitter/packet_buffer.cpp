#include "jitter/packet_buffer.hpp"

#include <algorithm>

namespace chime::jitter {

namespace {

// Speech at 32 kb/s is 80 bytes a frame; larger payloads grow their slot once.
constexpr std::size_t kUsualPayload = 320;

auto lower_bound(const std::vector<Frame*>& order, std::int64_t timestamp) {
  return std::lower_bound(order.begin(), order.end(), timestamp,
                          [](const Frame* frame, std::int64_t value) { return frame->timestamp < value; });
}

}  // namespace

PacketBuffer::PacketBuffer() : slots_(kCapacity) {
  free_.reserve(kCapacity);
  order_.reserve(kCapacity);
  for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
    // Written to once, so that the system's first touch of the memory is not left to a packet.
    slot->payload.assign(kUsualPayload, 0);
    slot->payload.clear();
    free_.push_back(&*slot);
  }
}

PacketBuffer::Insert PacketBuffer::insert(std::int64_t timestamp, std::int64_t sequence,
                                          std::int64_t arrival_us, std::int32_t duration, bool copy,
                                          std::int32_t fec_duration, std::span<const std::uint8_t> payload) {
  const auto at = lower_bound(order_, timestamp);
  if (at != order_.end() && (*at)->timestamp == timestamp) {
    Frame& held = **at;
    if (!held.copy || copy) return Insert::kDuplicate;
    held.copy = false;
    held.sequence = sequence;
    return Insert::kInserted;
  }
  if (free_.empty()) return Insert::kOverflow;
  Frame* frame = free_.back();
  free_.pop_back();
  frame->timestamp = timestamp;
  frame->sequence = sequence;
  frame->arrival_us = arrival_us;
  frame->duration = duration;
  frame->copy = copy;
  frame->fec_duration = fec_duration;
  frame->payload.assign(payload.begin(), payload.end());
  order_.insert(at, frame);
  return Insert::kInserted;
}

const Frame* PacketBuffer::find(std::int64_t timestamp) const {
  const Frame* frame = next_from(timestamp);
  return frame != nullptr && frame->timestamp == timestamp ? frame : nullptr;
}

const Frame* PacketBuffer::next_from(std::int64_t timestamp) const {
  const auto at = lower_bound(order_, timestamp);
  return at == order_.end() ? nullptr : *at;
}

void PacketBuffer::remove(std::int64_t timestamp) {
  const auto at = lower_bound(order_, timestamp);
  if (at == order_.end() || (*at)->timestamp != timestamp) return;
  free_.push_back(*at);
  order_.erase(at);
}

std::size_t PacketBuffer::drop_before(std::int64_t timestamp, std::size_t* copies) {
  const auto end = lower_bound(order_, timestamp);
  const auto count = static_cast<std::size_t>(end - order_.begin());
  std::size_t only_copies = 0;
  for (auto frame = order_.begin(); frame != end; ++frame) {
    only_copies += (*frame)->copy ? 1U : 0U;
    free_.push_back(*frame);
  }
  order_.erase(order_.begin(), end);
  if (copies != nullptr) *copies = only_copies;
  return count;
}

void PacketBuffer::clear() {
  for (Frame* frame : order_) free_.push_back(frame);
  order_.clear();
}

}  // namespace chime::jitter
