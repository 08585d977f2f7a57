#include "video/payload.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

using chime::video::begins_key_frame;
using chime::video::Codec;
using chime::video::FrameSize;
using chime::video::key_frame_size;

namespace {

using Octets = std::vector<std::uint8_t>;

struct Case {
  const char* what;
  Octets payload;
  bool begins;
};

// Cuts a payload at every place: whatever is left must be read without a step past the end.
void survives_truncation(Codec codec, const Octets& payload) {
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    const Octets cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    static_cast<void>(begins_key_frame(codec, cut));
    static_cast<void>(key_frame_size(codec, cut));
  }
}

// Frame tag of a key frame, start code, 640 x 360 with scaling bits set.
const Octets kVp8KeyFrame = {0x10, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x80, 0x42, 0x68, 0x81};

Octets operator+(const Octets& left, const Octets& right) {
  Octets both;
  both.reserve(left.size() + right.size());
  for (const Octets* part : {&left, &right}) {
    for (const std::uint8_t octet : *part) both.push_back(octet);
  }
  return both;
}

// x264, constrained baseline, 640 x 360 (23 rows of macroblocks, cropped).
const Octets kSps = {0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0x00, 0x00,
                     0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0F, 0x16, 0x2E, 0x48};

}  // namespace

TEST_CASE("VP8 key frames begin in their first packet") {
  const std::vector<Case> cases = {
      {"plain descriptor", Octets{0x10} + kVp8KeyFrame, true},
      {"short picture id", Octets{0x90, 0x80, 0x11} + kVp8KeyFrame, true},
      {"long picture id, layers", Octets{0x90, 0xE0, 0x81, 0x11, 0x05, 0x20} + kVp8KeyFrame, true},
      {"another partition", Octets{0x11} + kVp8KeyFrame, false},
      {"the middle of a partition", Octets{0x00} + kVp8KeyFrame, false},
      {"an inter frame", Octets{0x10, 0x11, 0x00, 0x00, 0x00}, false},
      {"descriptor only", Octets{0x90, 0x80, 0x11}, false},
      {"nothing", Octets{}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(begins_key_frame(Codec::vp8, c.payload) == c.begins);
    survives_truncation(Codec::vp8, c.payload);
  }
  CHECK(key_frame_size(Codec::vp8, Octets{0x10} + kVp8KeyFrame) == FrameSize{640, 360});
  CHECK(!key_frame_size(Codec::vp8, Octets{0x10, 0x11, 0x00, 0x00, 0x00}));
}

TEST_CASE("VP9 key frames begin with the lowest layer of a frame that predicts nothing") {
  const std::vector<Case> cases = {
      {"picture id, begins", Octets{0x88, 0x12, 0x00}, true},
      {"long picture id and layers, not flexible", Octets{0xA8, 0x81, 0x12, 0x00, 0x07, 0x00}, true},
      {"flexible with layers", Octets{0xB8, 0x12, 0x00, 0x00}, true},
      {"second spatial layer", Octets{0xB8, 0x12, 0x02, 0x00}, false},
      {"predicted", Octets{0xC8, 0x12, 0x00}, false},
      {"predicted and flexible, references", Octets{0xD8, 0x12, 0x03, 0x02, 0x00}, false},
      {"not the beginning", Octets{0x80, 0x12, 0x00}, false},
      {"nothing", Octets{}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(begins_key_frame(Codec::vp9, c.payload) == c.begins);
    survives_truncation(Codec::vp9, c.payload);
  }
  // Scalability structure of one layer, 1280 x 720.
  const Octets with_size = {0x8A, 0x12, 0x10, 0x05, 0x00, 0x02, 0xD0, 0x00};
  CHECK(key_frame_size(Codec::vp9, with_size) == FrameSize{1280, 720});
  survives_truncation(Codec::vp9, with_size);
  // Two layers: the larger one counts.
  const Octets two = {0x8A, 0x12, 0x30, 0x01, 0x40, 0x00, 0xB4, 0x02, 0x80, 0x01, 0x68, 0x00};
  CHECK(key_frame_size(Codec::vp9, two) == FrameSize{640, 360});
  CHECK(!key_frame_size(Codec::vp9, Octets{0x88, 0x12, 0x00}));
}

TEST_CASE("H.264 key frames begin with the sequence parameter set") {
  const Octets aggregated = Octets{0x78, 0x00, static_cast<std::uint8_t>(kSps.size())} + kSps +
                            Octets{0x00, 0x04, 0x68, 0xCB, 0x83, 0xCB};
  const Octets second =
      Octets{0x78, 0x00, 0x02, 0x09, 0x10, 0x00, static_cast<std::uint8_t>(kSps.size())} + kSps;
  const std::vector<Case> cases = {
      {"alone", kSps, true},
      {"aggregated", aggregated, true},
      {"aggregated after a delimiter", second, true},
      {"an aggregate that lies about its size", Octets{0x78, 0x40, 0x00, 0x67, 0x42}, false},
      {"the picture itself", Octets{0x65, 0x88, 0x84}, false},
      {"its first fragment", Octets{0x7C, 0x85, 0x88}, false},
      {"a fragmented parameter set", Octets{0x7C, 0x87, 0x42}, true},
      {"the rest of it", Octets{0x7C, 0x07, 0x42}, false},
      {"an inter picture", Octets{0x41, 0x9A}, false},
      {"nothing", Octets{}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(begins_key_frame(Codec::h264, c.payload) == c.begins);
    survives_truncation(Codec::h264, c.payload);
  }
  CHECK(key_frame_size(Codec::h264, kSps) == FrameSize{640, 360});
  CHECK(key_frame_size(Codec::h264, aggregated) == FrameSize{640, 360});
}
