#include <doctest/doctest.h>
#include <opus.h>

#include <random>
#include <vector>

#include "opus/packet.hpp"

using namespace chime::opus;

namespace {

using Octets = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("every table of contents agrees with libopus") {
  for (int octet = 0; octet < 256; ++octet) {
    const std::uint8_t data = static_cast<std::uint8_t>(octet);
    const Toc toc = read_toc(data);
    CHECK(toc.frame_samples() == opus_packet_get_samples_per_frame(&data, kSampleRate));
    CHECK(toc.channels() == opus_packet_get_nb_channels(&data));
    CHECK(static_cast<int>(toc.bandwidth()) == opus_packet_get_bandwidth(&data) - OPUS_BANDWIDTH_NARROWBAND);
  }
}

TEST_CASE("framing agrees with libopus on random octets behind every header") {
  std::mt19937 random(20250101);
  int valid = 0;
  for (int round = 0; round < 40000; ++round) {
    Octets data(random() % (round % 10 == 0 ? 1400 : 40));
    for (auto& octet : data) octet = static_cast<std::uint8_t>(random() % 4 == 0 ? 255 : random());
    if (data.size() > 1) {
      data[0] = static_cast<std::uint8_t>(round);
      // Mostly small frame counts, or nearly all code 3 packets would be too long.
      data[1] = static_cast<std::uint8_t>((random() & 0xC0) | random() % 8);
    }
    unsigned char toc = 0;
    const unsigned char* frames[kMaxFrames];
    opus_int16 sizes[kMaxFrames];
    int offset = 0;
    const int count = data.empty() ? OPUS_INVALID_PACKET
                                   : opus_packet_parse(data.data(), static_cast<int>(data.size()), &toc,
                                                       frames, sizes, &offset);
    Packet packet;
    REQUIRE(parse_packet(data, packet) == (count > 0));
    if (count <= 0) continue;
    ++valid;
    REQUIRE(static_cast<int>(packet.frames().size()) == count);
    REQUIRE(static_cast<int>(packet.payload_offset()) == offset);
    REQUIRE(packet.samples() ==
            opus_packet_get_nb_samples(data.data(), static_cast<int>(data.size()), kSampleRate));
    for (int i = 0; i < count; ++i) {
      REQUIRE(packet.frames()[static_cast<std::size_t>(i)].data() == frames[i]);
      REQUIRE(static_cast<int>(packet.frames()[static_cast<std::size_t>(i)].size()) == sizes[i]);
    }
  }
  CHECK(valid > 5000);
}

TEST_CASE("flags are read most significant first, mid before side") {
  // 60 ms SILK, stereo: mid VAD 1 0 1, mid LBRR 0, side VAD 0 1 0, side LBRR 1.
  const Toc toc{11, true, 0};
  const auto flags = read_flags(toc, Octets{0b10100101});
  REQUIRE(flags.has_value());
  CHECK(flags->vad[0] == 0b101);
  CHECK_FALSE(flags->lbrr[0]);
  CHECK(flags->vad[1] == 0b010);
  CHECK(flags->lbrr[1]);
  CHECK_FALSE(read_flags(toc, {}).has_value());
  CHECK_FALSE(read_flags(Toc{16, false, 0}, Octets{0xFF}).has_value());
}

TEST_CASE("LBRR of the mid channel is no voice of the side channel") {
  const Octets data{static_cast<std::uint8_t>(9 << 3 | 4), 0b01000000, 0};  // 20 ms WB stereo
  CHECK(voice_activity(data) == VoiceActivity::none);
  CHECK(has_lbrr(data));
  CHECK_FALSE(worth_repeating(data));
}

TEST_CASE("CELT is always worth repeating and has no flags") {
  const Octets data{31 << 3, 0xFF, 0xFF};
  CHECK(voice_activity(data) == VoiceActivity::unknown);
  CHECK_FALSE(has_lbrr(data));
  CHECK(worth_repeating(data));
  CHECK(packet_samples(data) == 960);
}

TEST_CASE("invalid packets answer without harm") {
  CHECK(packet_samples({}) == 0);
  CHECK_FALSE(has_lbrr(Bytes{}));
  CHECK(voice_activity(Bytes{}) == VoiceActivity::unknown);
  CHECK_FALSE(worth_repeating({}));
}
