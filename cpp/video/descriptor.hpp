// Payload descriptors, which stand before the data in each packet of VP8 and VP9.
#pragma once

#include <optional>

#include "rtp/bytes.hpp"

namespace chime::video {

// RFC 7741, section 4.2.
struct Vp8Descriptor {
  bool begins_frame = false;
  rtp::Bytes data;  // at least one octet
};
// Nothing for a payload that ends before its data begin.
[[nodiscard]] std::optional<Vp8Descriptor> read_vp8_descriptor(rtp::Bytes payload);

// RFC 9628, section 4.2.
struct Vp9Descriptor {
  bool inter_predicted = false;
  bool begins_frame = false;
  int spatial_layer = 0;
  rtp::Bytes structure;  // from the scalability structure to the end of the payload; empty: there is none
  rtp::Bytes data;       // empty: the scalability structure runs past the end
};
// Nothing for a payload that ends within the fields before the scalability structure.
[[nodiscard]] std::optional<Vp9Descriptor> read_vp9_descriptor(rtp::Bytes payload);

}  // namespace chime::video
