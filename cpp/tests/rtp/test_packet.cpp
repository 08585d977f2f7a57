#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rtp/packet.hpp"

using namespace chime::rtp;

namespace {

std::vector<std::uint8_t> pack(const Header& header, Bytes payload, const PackOptions& options) {
  std::vector<std::uint8_t> out(1500);
  const auto size = pack_packet(header, payload, options, out);
  REQUIRE(size.has_value());
  out.resize(*size);
  return out;
}

const Header kHeader{true, 111, 0xFFFE, 0x80000001u, 0xDEADBEEFu};
const std::array<std::uint8_t, 3> kPayload{1, 2, 3};

}  // namespace

TEST_CASE("a packet without extras has twelve octets of header") {
  const auto data = pack(kHeader, kPayload, {});
  CHECK(data ==
        std::vector<std::uint8_t>{0x80, 0xEF, 0xFF, 0xFE, 0x80, 0, 0, 1, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3});
}

TEST_CASE("packing and parsing give back every field") {
  const std::array<std::uint32_t, 2> csrcs{7, 0xFFFFFFFFu};
  const std::array<std::uint8_t, 1> level{0x85};
  const std::array<std::uint8_t, 2> mid{'a', '1'};
  const std::array<ExtensionElement, 2> elements{ExtensionElement{1, level}, ExtensionElement{4, mid}};
  const auto data = pack(kHeader, kPayload, {.csrcs = csrcs, .extensions = elements, .padding_size = 5});

  Packet packet;
  REQUIRE(parse_packet(data, packet) == ParseError::none);
  CHECK(packet.marker);
  CHECK(packet.payload_type == 111);
  CHECK(packet.sequence_number == 0xFFFE);
  CHECK(packet.timestamp == 0x80000001u);
  CHECK(packet.ssrc == 0xDEADBEEFu);
  REQUIRE(packet.csrc_count() == 2);
  CHECK(packet.csrc(1) == 0xFFFFFFFFu);
  CHECK(std::vector(packet.payload.begin(), packet.payload.end()) == std::vector<std::uint8_t>{1, 2, 3});
  CHECK(packet.padding_size == 5);
  CHECK(packet.extensions.profile() == Extensions::kOneByteProfile);
  const auto found = packet.extensions.find(1);
  REQUIRE(found.has_value());
  CHECK(read_audio_level(*found)->level == 5);
  CHECK(read_audio_level(*found)->voice);
  CHECK(read_mid(packet.extensions.find(4).value()) == "a1");
  CHECK_FALSE(packet.extensions.find(2).has_value());
  CHECK_FALSE(packet.extensions.find(0).has_value());
}

TEST_CASE("ids above 14 and long or empty elements take the two-byte form") {
  const std::vector<std::uint8_t> seventeen(17, 9);
  for (const auto& element :
       {ExtensionElement{15, kPayload}, ExtensionElement{1, seventeen}, ExtensionElement{1, {}}}) {
    const std::array<ExtensionElement, 1> elements{element};
    const auto data = pack(kHeader, kPayload, {.csrcs = {}, .extensions = elements});
    Packet packet;
    REQUIRE(parse_packet(data, packet) == ParseError::none);
    CHECK(packet.extensions.profile() == Extensions::kTwoByteProfile);
    const auto found = packet.extensions.find(element.id);
    REQUIRE(found.has_value());
    CHECK(std::vector(found->begin(), found->end()) == std::vector(element.data.begin(), element.data.end()));
  }
}

TEST_CASE("malformed packets give an error and no exception") {
  Packet packet;
  std::vector<std::uint8_t> data = pack(kHeader, kPayload, {});
  CHECK(parse_packet({}, packet) == ParseError::too_short);
  CHECK(parse_packet(Bytes(data).first(11), packet) == ParseError::too_short);
  data[0] = 0x40;
  CHECK(parse_packet(data, packet) == ParseError::bad_version);
  data[0] = 0x8F;
  CHECK(parse_packet(data, packet) == ParseError::truncated_csrcs);
  data[0] = 0x90;
  CHECK(parse_packet(data, packet) == ParseError::truncated_extension);
  data.insert(data.begin() + 12, {0xBE, 0xDE, 0, 2});
  CHECK(parse_packet(data, packet) == ParseError::truncated_extension);
  data = pack(kHeader, kPayload, {});
  data[0] = 0xA0;
  data.back() = 0;
  CHECK(parse_packet(data, packet) == ParseError::bad_padding);
  data.back() = 4;
  CHECK(parse_packet(data, packet) == ParseError::bad_padding);
  data.back() = 3;
  REQUIRE(parse_packet(data, packet) == ParseError::none);
  CHECK(packet.payload.empty());
}

TEST_CASE("the walk over elements ends at a truncated one and at id 15") {
  const std::array<std::uint8_t, 8> truncated{0x10, 1, 0, 0x20, 2, 0x33, 3, 3};
  std::vector<int> ids;
  for (const auto& element : Extensions(Extensions::kOneByteProfile, truncated)) ids.push_back(element.id);
  CHECK(ids == std::vector{1, 2});
  const std::array<std::uint8_t, 4> stopped{0x10, 1, 0xF0, 0x20};
  ids.clear();
  for (const auto& element : Extensions(Extensions::kOneByteProfile, stopped)) ids.push_back(element.id);
  CHECK(ids == std::vector{1});
  CHECK_FALSE(Extensions(0x1234, truncated).find(1).has_value());
}

TEST_CASE("packing refuses what the format cannot say") {
  std::array<std::uint8_t, 1500> out;
  const std::array<std::uint32_t, 16> sources{};
  CHECK_FALSE(pack_packet(kHeader, kPayload, {.csrcs = sources}, out).has_value());
  const std::array<ExtensionElement, 1> zero{ExtensionElement{0, kPayload}};
  CHECK_FALSE(pack_packet(kHeader, kPayload, {.csrcs = {}, .extensions = zero}, out).has_value());
  const std::vector<std::uint8_t> long_data(256);
  const std::array<ExtensionElement, 1> long_element{ExtensionElement{1, long_data}};
  CHECK_FALSE(pack_packet(kHeader, kPayload, {.csrcs = {}, .extensions = long_element}, out).has_value());
  CHECK_FALSE(pack_packet(kHeader, kPayload, {}, std::span(out).first(14)).has_value());
  CHECK(pack_packet(kHeader, kPayload, {}, std::span(out).first(15)).has_value());
}

TEST_CASE("extension values survive the way") {
  CHECK(read_abs_send_time(write_abs_send_time(1'500'000)) == 3u << 17);
  CHECK(read_abs_send_time(write_abs_send_time(64'000'000)) == 0u);
  CHECK(read_transport_sequence_number(write_transport_sequence_number(65535)) == 65535);
  const std::array<std::uint8_t, 2> levels{0x12, 0xFF};
  CHECK(read_csrc_audio_level(levels, 0) == 0x12);
  CHECK(read_csrc_audio_level(levels, 1) == 127);
  CHECK(read_csrc_audio_level(levels, 2) == 127);
  CHECK_FALSE(read_audio_level({}).has_value());
  CHECK_FALSE(read_abs_send_time(levels).has_value());
  CHECK_FALSE(read_transport_sequence_number(Bytes(levels).first(1)).has_value());
}
