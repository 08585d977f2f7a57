#include "video/depacketiser.hpp"

#include <array>
#include <cstddef>

namespace chime::video {

namespace {

using rtp::Bytes;
using Frame = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 4> kStartCode = {0, 0, 0, 1};

void append(Frame& frame, Bytes data) { frame.insert(frame.end(), data.begin(), data.end()); }

// Octets of the payload descriptor (RFC 7741, section 4.2); 0 when it runs past the end.
std::size_t vp8_descriptor_size(Bytes payload) {
  if (payload.empty()) return 0;
  std::size_t size = 1;
  if ((payload[0] & 0x80) != 0) {
    if (payload.size() < 2) return 0;
    const std::uint8_t present = payload[1];
    size = 2;
    if ((present & 0x80) != 0) {  // picture id, one or two octets
      if (payload.size() <= size) return 0;
      size += (payload[size] & 0x80) != 0 ? 2 : 1;
    }
    if ((present & 0x40) != 0) ++size;  // level zero picture index
    if ((present & 0x30) != 0) ++size;  // temporal layer and key index
  }
  return size < payload.size() ? size : 0;
}

bool append_vp8(Bytes payload, Frame& frame) {
  const std::size_t size = vp8_descriptor_size(payload);
  if (size == 0) return false;
  const bool begins = (payload[0] & 0x17) == 0x10;  // start of the partition 0
  if (begins != frame.empty()) return false;
  append(frame, payload.subspan(size));
  return true;
}

constexpr std::uint8_t kLastSingleUnit = 23;
constexpr std::uint8_t kAggregation = 24;    // STAP-A
constexpr std::uint8_t kFragmentation = 28;  // FU-A

void append_unit(Frame& frame, Bytes unit) {
  append(frame, kStartCode);
  append(frame, unit);
}

bool append_aggregation(Bytes rest, Frame& frame) {
  const std::size_t before = frame.size();
  while (!rest.empty()) {
    const std::size_t size = rest.size() > 2 ? rtp::read_u16(rest.data()) : 0;
    if (size == 0 || size > rest.size() - 2) {
      frame.resize(before);
      return false;
    }
    append_unit(frame, rest.subspan(2, size));
    rest = rest.subspan(2 + size);
  }
  return frame.size() > before;
}

bool append_fragment(Bytes payload, Frame& frame) {
  if (payload.size() < 3) return false;
  const bool starts = (payload[1] & 0x80) != 0;
  if (starts) {
    append(frame, kStartCode);
    frame.push_back(static_cast<std::uint8_t>((payload[0] & 0xE0) | (payload[1] & 0x1F)));
  } else if (frame.empty()) {
    return false;
  }
  append(frame, payload.subspan(2));
  return true;
}

bool append_h264(Bytes payload, Frame& frame) {
  if (payload.size() < 2) return false;
  const std::uint8_t type = payload[0] & 0x1F;
  if (type == kAggregation) return append_aggregation(payload.subspan(1), frame);
  if (type == kFragmentation) return append_fragment(payload, frame);
  if (type == 0 || type > kLastSingleUnit) return false;
  append_unit(frame, payload);
  return true;
}

}  // namespace

bool append_payload(Codec codec, rtp::Bytes payload, std::vector<std::uint8_t>& frame) {
  switch (codec) {
    case Codec::vp8:
      return append_vp8(payload, frame);
    case Codec::h264:
      return append_h264(payload, frame);
    case Codec::vp9:
      return false;  // clients of this package do not offer it
  }
  return false;
}

}  // namespace chime::video
