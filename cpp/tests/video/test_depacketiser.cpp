#include "video/depacketiser.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace chime;
using video::Codec;

namespace {

using Octets = std::vector<std::uint8_t>;

// The picture that the payloads make; empty when one of them is refused.
Octets picture(Codec codec, const std::vector<Octets>& payloads) {
  Octets frame;
  for (const Octets& payload : payloads) {
    const Octets before = frame;
    if (!video::append_payload(codec, payload, frame)) {
      CHECK(frame == before);
      return {};
    }
  }
  return frame;
}

}  // namespace

TEST_CASE("VP8 payloads lose their descriptors (RFC 7741, section 4.2)") {
  // Without extensions; picture ids of one and two octets; all extensions.
  CHECK(picture(Codec::vp8, {{0x10, 1, 2}, {0x00, 3}}) == Octets{1, 2, 3});
  CHECK(picture(Codec::vp8, {{0x90, 0x80, 0x11, 1}, {0x80, 0x80, 0x91, 0x22, 2}}) == Octets{1, 2});
  CHECK(picture(Codec::vp8, {{0x90, 0xF0, 0x11, 0x05, 0x20, 1}}) == Octets{1});
  // Another partition begins inside of a picture.
  CHECK(picture(Codec::vp8, {{0x10, 1}, {0x11, 2}}) == Octets{1, 2});
}

TEST_CASE("VP8 payloads out of place or malformed are refused") {
  CHECK(picture(Codec::vp8, {{0x00, 1}}).empty());             // not the first
  CHECK(picture(Codec::vp8, {{0x10, 1}, {0x10, 2}}).empty());  // a first one again
  CHECK(picture(Codec::vp8, {{}}).empty());
  CHECK(picture(Codec::vp8, {{0x10}}).empty());
  CHECK(picture(Codec::vp8, {{0x90}}).empty());
  CHECK(picture(Codec::vp8, {{0x90, 0x80}}).empty());
  CHECK(picture(Codec::vp8, {{0x90, 0x80, 0x80, 0x01}}).empty());
}

TEST_CASE("VP9 payloads lose their descriptors (RFC 9628, section 4.2)") {
  CHECK(picture(Codec::vp9, {{0x08, 1, 2}, {0x04, 3}}) == Octets{1, 2, 3});
  // As Chromium sends it: a picture id of two octets, layer indices, and on a key frame the structure: one
  // layer with its size, one picture in a group.
  CHECK(
      picture(Codec::vp9, {{0xAA, 0x80, 0x01, 0x00, 0x00, 0x18, 0x01, 0x40, 0x00, 0xB4, 0x01, 0x04, 0x01, 9},
                           {0xA4, 0x80, 0x01, 0x00, 0x00, 8}}) == Octets{9, 8});
  // Flexible mode with two references.
  CHECK(picture(Codec::vp9, {{0xD8, 0x11, 0x03, 0x02, 7}}) == Octets{7});
}

TEST_CASE("VP9 payloads out of place or malformed are refused") {
  CHECK(picture(Codec::vp9, {{0x04, 1}}).empty());              // not the first
  CHECK(picture(Codec::vp9, {{0x08, 1}, {0x08, 2}}).empty());   // a first one again
  CHECK(picture(Codec::vp9, {{0x28, 0x02, 0x00, 1}}).empty());  // of another spatial layer
  CHECK(picture(Codec::vp9, {{0x0A, 0x18, 0x01, 0x40}}).empty());
  CHECK(picture(Codec::vp9, {{0x0A, 0x08, 0x05, 0x0C}}).empty());
  CHECK(picture(Codec::vp9, {{0x88, 0x80}}).empty());
}

TEST_CASE("H.264 payloads become a byte stream (RFC 6184)") {
  const Octets set = {0, 0, 0, 1, 0x67, 0xAA};
  CHECK(picture(Codec::h264, {{0x67, 0xAA}}) == set);
  // STAP-A of two units.
  CHECK(picture(Codec::h264, {{0x78, 0, 2, 0x67, 0xAA, 0, 1, 0x68}}) ==
        Octets{0, 0, 0, 1, 0x67, 0xAA, 0, 0, 0, 1, 0x68});
  // FU-A: the header of the unit comes from both of its octets.
  CHECK(picture(Codec::h264, {{0x7C, 0x85, 1, 2}, {0x7C, 0x05, 3}, {0x7C, 0x45, 4}}) ==
        Octets{0, 0, 0, 1, 0x65, 1, 2, 3, 4});
}

TEST_CASE("H.264 payloads that are malformed are refused") {
  CHECK(picture(Codec::h264, {{0x67}}).empty());
  CHECK(picture(Codec::h264, {{0x7C, 0x05, 3}}).empty());        // the beginning is missing
  CHECK(picture(Codec::h264, {{0x7C, 0x85}}).empty());           // nothing in it
  CHECK(picture(Codec::h264, {{0x78, 0, 9, 0x67, 1}}).empty());  // longer than what is there
  CHECK(picture(Codec::h264, {{0x78, 0, 1, 0x67, 0}}).empty());  // half a length
  CHECK(picture(Codec::h264, {{0x78, 0, 0, 0x67}}).empty());     // of nothing
  CHECK(picture(Codec::h264, {{0x1A, 1, 2}}).empty());           // MTAP
}
