// Pictures out of RTP payloads, in the form that decoders take.
#pragma once

#include <cstdint>
#include <vector>

#include "rtp/bytes.hpp"
#include "video/payload.hpp"

namespace chime::video {

// Appends what a payload carries of a picture: VP8 and VP9 data without descriptors (RFC 7741, RFC 9628; VP9
// of one spatial layer), H.264 as a byte stream with start codes (RFC 6184: single units, STAP-A, FU-A).
// False, and nothing is appended, for a payload that is malformed or out of place (`frame` is empty, but the
// payload is not the first of a picture).
[[nodiscard]] bool append_payload(Codec codec, rtp::Bytes payload, std::vector<std::uint8_t>& frame);

}  // namespace chime::video
