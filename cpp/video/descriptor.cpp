#include "video/descriptor.hpp"

#include <cstddef>
#include <cstdint>

namespace chime::video {

namespace {

using rtp::Bytes;

// What follows the scalability structure; empty when that runs past the end.
Bytes after_structure(Bytes structure) {
  const std::size_t layers = (structure[0] >> 5 & 0x07u) + 1u;
  const bool has_sizes = (structure[0] & 0x10) != 0;
  const bool has_group = (structure[0] & 0x08) != 0;
  std::size_t size = 1 + (has_sizes ? 4 * layers : 0);
  if (has_group) {
    if (structure.size() <= size) return {};
    const std::size_t pictures = structure[size++];
    for (std::size_t i = 0; i < pictures; ++i) {
      if (structure.size() <= size) return {};
      const std::size_t references = structure[size] >> 2 & 0x03u;
      size += 1 + references;
    }
  }
  return structure.size() > size ? structure.subspan(size) : Bytes{};
}

}  // namespace

std::optional<Vp8Descriptor> read_vp8_descriptor(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  std::size_t size = 1;
  if ((payload[0] & 0x80) != 0) {
    if (payload.size() < 2) return std::nullopt;
    const std::uint8_t present = payload[1];
    size = 2;
    if ((present & 0x80) != 0) {  // picture id, one or two octets
      if (payload.size() <= size) return std::nullopt;
      size += (payload[size] & 0x80) != 0 ? 2 : 1;
    }
    if ((present & 0x40) != 0) ++size;  // level zero picture index
    if ((present & 0x30) != 0) ++size;  // temporal layer and key index
  }
  if (payload.size() <= size) return std::nullopt;
  const bool begins_frame = (payload[0] & 0x17) == 0x10;  // the start of partition 0
  return Vp8Descriptor{begins_frame, payload.subspan(size)};
}

std::optional<Vp9Descriptor> read_vp9_descriptor(Bytes payload) {
  if (payload.empty()) return std::nullopt;
  const std::uint8_t flags = payload[0];
  const bool has_picture_id = (flags & 0x80) != 0;
  const bool has_layers = (flags & 0x20) != 0;
  const bool flexible = (flags & 0x10) != 0;
  const bool has_structure = (flags & 0x02) != 0;
  Vp9Descriptor descriptor;
  descriptor.inter_predicted = (flags & 0x40) != 0;
  descriptor.begins_frame = (flags & 0x08) != 0;
  std::size_t at = 1;
  if (has_picture_id) {
    if (payload.size() <= at) return std::nullopt;
    at += (payload[at] & 0x80) != 0 ? 2 : 1;
  }
  if (has_layers) {
    if (payload.size() <= at) return std::nullopt;
    descriptor.spatial_layer = payload[at] >> 1 & 0x07;
    at += flexible ? 1 : 2;  // the level zero index is in the other mode only
  }
  if (flexible && descriptor.inter_predicted) {
    for (int references = 0; references < 3; ++references) {
      if (payload.size() <= at) return std::nullopt;
      if ((payload[at++] & 0x01) == 0) break;
    }
  }
  if (payload.size() <= at) return std::nullopt;
  const Bytes rest = payload.subspan(at);
  if (has_structure) descriptor.structure = rest;
  descriptor.data = has_structure ? after_structure(rest) : rest;
  return descriptor;
}

}  // namespace chime::video
