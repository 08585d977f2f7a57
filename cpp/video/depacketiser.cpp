#include "video/depacketiser.hpp"

#include <array>
#include <cstddef>

#include "video/descriptor.hpp"

namespace chime::video {

namespace {

using rtp::Bytes;
using Frame = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 4> kStartCode = {0, 0, 0, 1};

void append(Frame& frame, Bytes data) { frame.insert(frame.end(), data.begin(), data.end()); }

bool append_vp8(Bytes payload, Frame& frame) {
  const auto descriptor = read_vp8_descriptor(payload);
  if (!descriptor || descriptor->begins_frame != frame.empty()) return false;
  append(frame, descriptor->data);
  return true;
}

// Spatial layers of a picture would need a superframe index, so there is only one.
bool append_vp9(Bytes payload, Frame& frame) {
  const auto descriptor = read_vp9_descriptor(payload);
  if (!descriptor || descriptor->data.empty() || descriptor->spatial_layer != 0) return false;
  if (descriptor->begins_frame != frame.empty()) return false;
  append(frame, descriptor->data);
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
      return append_vp9(payload, frame);
  }
  return false;
}

}  // namespace chime::video
