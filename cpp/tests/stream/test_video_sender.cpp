#include "stream/video_sender.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "rtp/extensions.hpp"

using namespace chime;
using stream::VideoSender;

namespace {

using Octets = std::vector<std::uint8_t>;

VideoSender sender() {
  stream::VideoSenderOptions options;
  options.ssrc = 7;
  options.payload_type = 96;
  options.mid = "1";
  options.mid_id = 4;
  options.abs_send_time_id = 2;
  options.first_sequence_number = 100;
  options.first_timestamp = 5;
  return VideoSender(options);
}

bool push(VideoSender& to, std::size_t packets, std::int64_t captured_us) {
  const Octets payload(1250, 1);
  return to.push(std::vector<rtp::Bytes>(packets, payload), captured_us);
}

std::size_t turn(VideoSender& of, std::int64_t now_us, std::int64_t bitrate) {
  std::size_t packets = 0;
  of.begin_turn(now_us, bitrate);
  while (of.next_packet(now_us)) ++packets;
  return packets;
}

}  // namespace

TEST_CASE("packets have what was agreed on") {
  VideoSender from = sender();
  REQUIRE(push(from, 2, 1'000'000));
  from.begin_turn(2'000'000, 10'000'000);
  for (int i = 0; i < 2; ++i) {
    auto data = from.next_packet(2'000'000);
    if (!data) {
      from.begin_turn(2'010'000, 10'000'000);
      data = from.next_packet(2'010'000);
    }
    REQUIRE(data);
    rtp::Packet packet;
    REQUIRE(rtp::parse_packet(*data, packet) == rtp::ParseError::none);
    CHECK(packet.ssrc == 7);
    CHECK(packet.payload_type == 96);
    CHECK(packet.sequence_number == 100 + i);
    CHECK(packet.timestamp == 90'005);
    CHECK(packet.marker == (i == 1));
    const auto mid = packet.extensions.find(4);
    REQUIRE(mid);
    CHECK(rtp::read_mid(*mid) == "1");
    CHECK(packet.extensions.find(2));
  }
  CHECK(from.timestamp_at(1'000'000) == 90'005);
  CHECK(from.stats().packets == 2);
  CHECK(from.stats().octets == 2500);
}

TEST_CASE("a large picture is spread over some turns, and nothing waits for long") {
  VideoSender from = sender();
  turn(from, 0, 1'000'000);
  REQUIRE(push(from, 40, 0));  // 50,000 octets: 400 ms at 1 Mbit/s
  std::size_t most = 0;
  std::size_t sent = 0;
  std::int64_t now_us = 0;
  while (from.queued_packets() > 0) {
    now_us += 10'000;
    const std::size_t packets = turn(from, now_us, 1'000'000);
    most = std::max(most, packets);
    sent += packets;
    REQUIRE(now_us < 1'000'000);
  }
  CHECK(sent == 40);
  CHECK(most <= 6);
  CHECK(now_us <= 200'000);
}

TEST_CASE("small pictures go out in the turn that follows") {
  VideoSender from = sender();
  for (std::int64_t now_us = 0; now_us < 1'000'000; now_us += 10'000) {
    if (now_us % 60'000 == 0) {
      REQUIRE(push(from, 2, now_us));
      turn(from, now_us, 1'000'000);
    }
    turn(from, now_us + 5'000, 1'000'000);
    CHECK(from.queued_packets() <= 2);
  }
  CHECK(from.queued_packets() == 0);
}

TEST_CASE("a picture for which there is no room is dropped whole") {
  VideoSender from = sender();
  CHECK(push(from, 1000, 0));
  CHECK_FALSE(push(from, 100, 1000));
  CHECK(push(from, 24, 2000));
  CHECK(from.queued_packets() == 1024);
  CHECK(from.stats().frames == 2);
  CHECK(from.stats().frames_dropped == 1);
}

TEST_CASE("who asks for more than was sent is refused") {
  stream::VideoSenderOptions options;
  options.rtx_ssrc = 8;
  options.rtx_payload_type = 97;
  VideoSender from(options);
  REQUIRE(push(from, 1, 0));
  from.begin_turn(10'000, 1'000'000);
  REQUIRE(from.next_packet(10'000));
  for (int i = 0; i < 1000; ++i) static_cast<void>(from.retransmit(0));
  CHECK(from.stats().packets_retransmitted > 300);
  CHECK(from.stats().retransmissions_refused > 500);
}
