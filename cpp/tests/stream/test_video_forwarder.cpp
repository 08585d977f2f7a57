#include "stream/video_forwarder.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "rtp/extensions.hpp"
#include "rtp/packet.hpp"

using namespace chime;
using stream::VideoForwarder;
using stream::VideoSelection;

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::int64_t kSource = 1;
constexpr std::int64_t kSink = 10;
constexpr std::uint8_t kVp8 = 96;
constexpr std::uint8_t kRtx = 97;
constexpr std::uint8_t kMid = 4;
constexpr std::uint8_t kRid = 10;
constexpr std::uint8_t kRepairedRid = 11;
constexpr std::uint32_t kLow = 1001;
constexpr std::uint32_t kHigh = 1002;

// What a sender sends: VP8, key frames and others in one packet each.
struct Sent {
  std::uint32_t ssrc = kLow;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool key = false;
  std::string rid;
  std::uint8_t payload_type = kVp8;
};

// 320 x 180.
Octets vp8(bool key) {
  const std::uint8_t tag = key ? 0x10 : 0x11;
  return {0x10, tag, 0x00, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00};
}

Octets packed(const rtp::Header& header, rtp::Bytes payload,
              std::span<const rtp::ExtensionElement> elements) {
  Octets out(1500);
  const auto size = rtp::pack_packet(header, payload, {{}, elements, 0}, out);
  REQUIRE(size);
  out.resize(*size);
  return out;
}

Octets packet(const Sent& sent) {
  const rtp::ExtensionElement rid{kRid,
                                  {reinterpret_cast<const std::uint8_t*>(sent.rid.data()), sent.rid.size()}};
  const std::span<const rtp::ExtensionElement> elements(&rid, sent.rid.empty() ? 0u : 1u);
  const Octets payload = vp8(sent.key);
  return packed({true, sent.payload_type, sent.sequence, sent.timestamp, sent.ssrc}, payload, elements);
}

struct Got {
  std::int64_t sink = 0;
  Octets data;
  rtp::Packet packet;
};

std::vector<Got> taken(const stream::ForwardedPackets& packets) {
  std::vector<Got> result;
  for (const auto& entry : packets.entries()) {
    const auto bytes = packets.bytes(entry);
    result.push_back({entry.sink, Octets(bytes.begin(), bytes.end()), {}});
    REQUIRE(rtp::parse_packet(result.back().data, result.back().packet) == rtp::ParseError::none);
  }
  for (Got& got : result) static_cast<void>(rtp::parse_packet(got.data, got.packet));
  return result;
}

stream::VideoSourceOptions one_layer() {
  return {{{kVp8, video::Codec::vp8, kRtx}}, {{"", kLow, 2001}}, 0, 0};
}

stream::VideoSourceOptions simulcast() {
  return {{{kVp8, video::Codec::vp8, kRtx}}, {{"low", 0, 0}, {"hi", 0, 0}}, kRid, kRepairedRid};
}

stream::VideoSinkOptions receiver(bool with_rtx = true) {
  stream::VideoSinkOptions options;
  options.ssrc = 77;
  options.rtx_ssrc = with_rtx ? 78 : 0;
  options.payload_types = {
      {100, video::Codec::vp8, with_rtx ? std::optional<std::uint8_t>(101) : std::nullopt}};
  options.mid = "v2";
  options.mid_id = kMid;
  options.abs_send_time_id = 2;
  options.first_sequence_number = 65530;
  options.first_timestamp = 0xFFFFFF00;
  return options;
}

struct Room {
  VideoForwarder forwarder;

  explicit Room(stream::VideoSourceOptions source, stream::VideoSinkOptions sink = receiver()) {
    forwarder.add_source(kSource, std::move(source));
    forwarder.add_sink(kSink, std::move(sink));
    forwarder.select(kSink, VideoSelection{kSource, 0});
  }
  std::vector<Got> push(const Sent& sent, std::int64_t now_us = 0) {
    return taken(forwarder.push(kSource, packet(sent), now_us));
  }
  // Sequence number of the only packet that comes out, nothing when none does.
  std::optional<int> sequence(const Sent& sent, std::int64_t now_us = 0) {
    const auto got = push(sent, now_us);
    if (got.empty()) return std::nullopt;
    return got[0].packet.sequence_number;
  }
  std::size_t key_frame_requests(std::int64_t now_us) {
    std::size_t count = 0;
    for (const auto& request : forwarder.poll(now_us, 100'000)) count += request.sequence_numbers.empty();
    return count;
  }
};

}  // namespace

TEST_CASE("a receiver gets the packets under its own names and numbers, from a key frame on") {
  Room room(one_layer());
  CHECK(room.push({kLow, 9, 3000, false, {}}).empty());
  const auto got = room.push({kLow, 10, 6000, true, {}});
  REQUIRE(got.size() == 1);
  CHECK(got[0].sink == kSink);
  const rtp::Packet& out = got[0].packet;
  CHECK(out.ssrc == 77);
  CHECK(out.payload_type == 100);
  CHECK(out.sequence_number == 65530);
  CHECK(out.timestamp == 0xFFFFFF00);
  CHECK(out.marker);
  CHECK(rtp::read_mid(out.extensions.find(kMid).value()) == "v2");
  CHECK(out.extensions.find(2));
  const Octets payload = vp8(true);
  CHECK(Octets(out.payload.begin(), out.payload.end()) == payload);
}

TEST_CASE("numbers wrap on the way in and out, and gaps stay gaps") {
  Room room(one_layer());
  CHECK(room.sequence({kLow, 65534, 0, true, {}}) == 65530);
  CHECK(room.sequence({kLow, 65535, 0, false, {}}) == 65531);
  CHECK(room.sequence({kLow, 5, 0, false, {}}) == 1);
  CHECK(room.sequence({kLow, 4, 0, false, {}}) == 0);
  CHECK(!room.sequence({kLow, 4, 0, false, {}}));  // a duplicate
}

TEST_CASE("each receiver gets a stream of its own") {
  Room room(one_layer());
  auto other = receiver();
  other.ssrc = 99;
  other.first_sequence_number = 5;
  room.forwarder.add_sink(11, other);
  CHECK(room.push({kLow, 1, 0, true, {}}).size() == 1);
  room.forwarder.select(11, VideoSelection{kSource, 0});
  CHECK(room.push({kLow, 2, 0, false, {}}).size() == 1);
  const auto got = room.push({kLow, 3, 0, true, {}});
  REQUIRE(got.size() == 2);
  CHECK(got[0].packet.sequence_number == 65532);
  CHECK(got[1].packet.sequence_number == 5);
  CHECK(got[1].packet.ssrc == 99);
}

TEST_CASE("a layer is left where the other one has a key frame, not before") {
  Room room(simulcast());
  CHECK(room.sequence({kLow, 1, 0, true, "low"}) == 65530);
  CHECK(!room.sequence({kHigh, 500, 70, true, "hi"}));
  room.forwarder.select(kSink, VideoSelection{kSource, 1});
  CHECK(room.sequence({kLow, 2, 3000, false, {}}, 33'000) == 65531);
  CHECK(!room.sequence({kHigh, 501, 3070, false, {}}, 33'000));
  const auto got = room.push({kHigh, 502, 6070, true, {}}, 66'000);
  REQUIRE(got.size() == 1);
  CHECK(got[0].packet.sequence_number == 65532);
  CHECK(got[0].packet.timestamp == static_cast<std::uint32_t>(0xFFFFFF00 + 3000 + 2970));
  CHECK(got[0].packet.ssrc == 77);
  CHECK(!room.sequence({kLow, 3, 6000, false, {}}, 66'000));
  CHECK(room.sequence({kHigh, 503, 9070, false, {}}, 99'000) == 65533);
  CHECK(room.forwarder.sink(kSink).current() == VideoSelection{kSource, 1});
}

TEST_CASE("a lower layer stands in for one that its sender leaves out") {
  Room room(simulcast());
  room.forwarder.select(kSink, VideoSelection{kSource, 1});
  CHECK(room.sequence({kLow, 1, 0, true, "low"}) == 65530);
  CHECK(room.key_frame_requests(0) == 0);  // the upper one does not come
  CHECK(room.sequence({kHigh, 500, 0, false, "hi"}) == std::nullopt);
  CHECK(room.key_frame_requests(100'000) == 1);
  CHECK(room.sequence({kHigh, 501, 0, true, {}}, 100'000) == 65531);
  CHECK(!room.sequence({kLow, 2, 0, true, {}}, 200'000));
  CHECK(!room.sequence({kLow, 3, 0, false, {}}, 1'000'000));
  CHECK(room.key_frame_requests(1'000'000) == 2);  // whichever comes first
  CHECK(room.sequence({kLow, 4, 0, true, {}}, 1'100'000) == 65532);
  CHECK(room.sequence({kLow, 5, 0, false, {}}, 1'200'000) == 65533);
}

TEST_CASE("SSRCs of layers are learned from rids, and stay learned without them") {
  Room room(simulcast());
  CHECK(room.push({kLow, 1, 0, true, {}}).empty());
  CHECK(room.forwarder.source(kSource).counters().packets_unknown == 1);
  CHECK(room.push({kLow, 2, 0, true, "low"}).size() == 1);
  CHECK(room.push({kLow, 3, 0, false, {}}).size() == 1);
  room.forwarder.renegotiate_source(kSource, simulcast());
  CHECK(room.push({kLow, 4, 0, false, {}}).size() == 1);
}

TEST_CASE("a pause ends at once, and resuming waits for a key frame") {
  Room room(one_layer());
  CHECK(room.sequence({kLow, 1, 0, true, {}}) == 65530);
  room.forwarder.set_paused(kSink, true);
  CHECK(room.push({kLow, 2, 0, true, {}}).empty());
  CHECK(room.key_frame_requests(0) == 0);
  room.forwarder.set_paused(kSink, false);
  CHECK(room.push({kLow, 3, 0, false, {}}).empty());
  CHECK(room.key_frame_requests(0) == 1);
  CHECK(room.sequence({kLow, 4, 0, true, {}}) == 65531);
  CHECK(room.key_frame_requests(10'000'000) == 0);
}

TEST_CASE("requests for key frames are batched and repeated until one comes") {
  Room room(one_layer());
  room.forwarder.add_sink(11, receiver());
  room.forwarder.select(11, VideoSelection{kSource, 0});
  room.push({kLow, 1, 0, false, {}});
  CHECK(room.key_frame_requests(0) == 1);
  CHECK(room.key_frame_requests(100'000) == 0);
  CHECK(room.key_frame_requests(500'000) == 1);
  room.push({kLow, 2, 0, true, {}});
  CHECK(room.key_frame_requests(2'000'000) == 0);
  room.forwarder.request_key_frame(kSink);
  room.forwarder.request_key_frame(11);
  CHECK(room.key_frame_requests(2'000'000) == 1);
}

TEST_CASE("another SSRC of the same layer begins anew with a key frame") {
  auto options = one_layer();
  options.layers = {{"", 0, 0}};
  Room room(options);
  CHECK(room.sequence({kLow, 1, 0, true, {}}) == 65530);
  CHECK(!room.sequence({kHigh, 9000, 5, false, {}}));
  CHECK(room.key_frame_requests(0) == 1);
  CHECK(room.sequence({kHigh, 9001, 5, true, {}}) == 65531);
}

TEST_CASE("what is missing on the way here is asked for, and taken from retransmissions") {
  Room room(one_layer());
  room.push({kLow, 1, 0, true, {}});
  room.push({kLow, 3, 0, false, {}});
  const auto requests = room.forwarder.poll(50'000, 100'000);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].ssrc == kLow);
  CHECK(requests[0].sequence_numbers == std::vector<std::uint16_t>{2});
  Octets payload = {0, 2};
  const Octets original = vp8(false);
  payload.insert(payload.end(), original.begin(), original.end());
  const Octets again = packed({true, kRtx, 9, 1500, 2001}, payload, {});
  const auto got = taken(room.forwarder.push(kSource, again, 60'000));
  REQUIRE(got.size() == 1);
  CHECK(got[0].packet.sequence_number == 65531);
  CHECK(got[0].packet.payload.size() == original.size());
  CHECK(room.forwarder.poll(1'000'000, 100'000).empty());
  CHECK(taken(room.forwarder.push(kSource, packed({false, kRtx, 10, 0, 2001}, {}, {}), 0)).empty());
  CHECK(room.forwarder.source(kSource).counters().packets_padding == 1);
}

TEST_CASE("a receiver's requests are answered under the SSRC of retransmissions") {
  Room room(simulcast());
  room.push({kLow, 1, 0, true, "low"});
  room.push({kLow, 2, 3000, false, {}}, 33'000);
  room.forwarder.select(kSink, VideoSelection{kSource, 1});
  room.push({kHigh, 800, 0, true, "hi"}, 66'000);
  const std::vector<std::uint16_t> wanted = {65531, 65532, 65529, 7};
  const auto got = taken(room.forwarder.retransmit(kSink, wanted));
  REQUIRE(got.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(got[i].packet.ssrc == 78);
    CHECK(got[i].packet.payload_type == 101);
    CHECK(rtp::read_u16(got[i].packet.payload.data()) == wanted[i]);
  }
  CHECK(got[0].packet.timestamp == static_cast<std::uint32_t>(0xFFFFFF00 + 3000));
  CHECK(got[1].packet.sequence_number == static_cast<std::uint16_t>(got[0].packet.sequence_number + 1));
  CHECK(room.forwarder.sink(kSink).stats().retransmissions_missing == 2);
}

TEST_CASE("no more is sent again than was sent, but for an allowance") {
  Room room(one_layer());
  room.push({kLow, 1, 0, true, {}});
  const std::vector<std::uint16_t> wanted(60'000, 65530);
  const std::size_t granted = room.forwarder.retransmit(kSink, wanted).entries().size();
  CHECK(granted < wanted.size() / 2);
  CHECK(room.forwarder.retransmit(kSink, wanted).entries().empty());
  for (std::uint16_t i = 2; i < 12; ++i) room.push({kLow, i, 0, false, {}});
  const std::size_t more = room.forwarder.retransmit(kSink, wanted).entries().size();
  CHECK(more > 5);
  CHECK(more < 12);
}

TEST_CASE("without retransmission payloads the packet is the one that was sent, octet by octet") {
  Room room(one_layer(), receiver(false));
  room.push({kLow, 1, 0, true, {}}, 5'000'000);
  const auto before = room.push({kLow, 2, 3000, false, {}}, 5'033'000);
  REQUIRE(before.size() == 1);
  const std::vector<std::uint16_t> wanted = {65531};
  const auto again = taken(room.forwarder.retransmit(kSink, wanted));
  REQUIRE(again.size() == 1);
  CHECK(again[0].data == before[0].data);
}

TEST_CASE("what a receiver cannot decode is not sent, and nothing is asked for it") {
  auto options = receiver();
  options.payload_types = {{102, video::Codec::h264, std::nullopt}};
  Room room(one_layer(), options);
  CHECK(room.push({kLow, 1, 0, true, {}}).empty());
  CHECK(room.key_frame_requests(0) == 0);
  CHECK(room.forwarder.sink(kSink).stats().packets_undecodable == 1);
}

TEST_CASE("sources and sinks come and go in any order") {
  VideoForwarder forwarder;
  forwarder.add_sink(kSink, receiver());
  forwarder.select(kSink, VideoSelection{kSource, 0});
  forwarder.add_source(kSource, one_layer());
  CHECK(taken(forwarder.push(kSource, packet({kLow, 1, 0, true, {}}), 0)).size() == 1);
  forwarder.remove_source(kSource);
  CHECK(!forwarder.sink(kSink).current());
  forwarder.add_source(kSource, one_layer());
  CHECK(taken(forwarder.push(kSource, packet({kLow, 1, 0, true, {}}), 0)).empty());
  forwarder.select(kSink, VideoSelection{kSource, 7});  // a layer that is not there: a lower one stands in
  CHECK(taken(forwarder.push(kSource, packet({kLow, 2, 0, true, {}}), 0)).size() == 1);
  forwarder.remove_sink(kSink);
  CHECK_THROWS_AS(forwarder.remove_sink(kSink), std::out_of_range);
  CHECK_THROWS_AS(forwarder.add_source(kSource, one_layer()), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(forwarder.push(3, packet({}), 0)), std::out_of_range);
}

TEST_CASE("hostile packets are counted and dropped") {
  Room room(one_layer());
  const Octets good = packet({kLow, 1, 0, true, {}});
  for (std::size_t size = 0; size < 12; ++size) {
    CHECK(taken(room.forwarder.push(kSource, rtp::Bytes(good).first(size), 0)).empty());
  }
  CHECK(room.forwarder.source(kSource).counters().packets_malformed == 12);
  CHECK(room.push({kLow, 1, 0, true, {}, 111}).empty());
  CHECK(room.forwarder.source(kSource).counters().packets_unknown == 1);
}
