#include "stream/video_receiver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "stream/video_sender.hpp"

using namespace chime;
using stream::VideoReceiver;
using stream::VideoSender;

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t kVp8 = 96;
constexpr std::uint8_t kRtx = 97;
constexpr std::uint32_t kSsrc = 1001;
constexpr std::uint32_t kRtxSsrc = 1002;
constexpr std::int64_t kFrameUs = 66'667;

VideoSender sender(bool rtx = true) {
  stream::VideoSenderOptions options;
  options.ssrc = kSsrc;
  options.rtx_ssrc = rtx ? kRtxSsrc : 0;
  options.payload_type = kVp8;
  options.rtx_payload_type = kRtx;
  options.mid = "1";
  options.mid_id = 4;
  options.abs_send_time_id = 2;
  options.first_sequence_number = 32760;  // wraps soon after some pictures
  options.first_timestamp = 0xFFFF0000;
  return VideoSender(options);
}

VideoReceiver receiver() {
  stream::VideoSourceOptions options;
  options.payload_types = {{kVp8, video::Codec::vp8, kRtx}};
  options.layers = {{"", kSsrc, kRtxSsrc}};
  return VideoReceiver(options);
}

// A picture of `packets` payloads, which says in its data which one it is.
std::vector<Octets> payloads(int number, bool key, std::size_t packets) {
  std::vector<Octets> result;
  for (std::size_t i = 0; i < packets; ++i) {
    Octets payload = {static_cast<std::uint8_t>(i == 0 ? 0x10 : 0x00)};
    if (i == 0) payload.push_back(key ? 0x10 : 0x11);
    payload.insert(payload.end(), 1000, static_cast<std::uint8_t>(number));
    result.push_back(payload);
  }
  return result;
}

// Sends one picture at once and gives its packets.
std::vector<Octets> send(VideoSender& from, int number, bool key, std::size_t packets = 3) {
  std::int64_t now_us = number * kFrameUs;
  const auto made = payloads(number, key, packets);
  REQUIRE(from.push(std::vector<rtp::Bytes>(made.begin(), made.end()), now_us));
  std::vector<Octets> result;
  while (from.queued_packets() > 0) {
    from.begin_turn(now_us, 1'000'000);
    while (const auto packet = from.next_packet(now_us)) result.emplace_back(packet->begin(), packet->end());
    now_us += 10'000;
  }
  return result;
}

// Numbers of the pictures that are whole now.
std::vector<int> taken(VideoReceiver& from) {
  std::vector<int> numbers;
  while (const auto frame = from.next_frame()) numbers.push_back(frame->data.back());
  return numbers;
}

void give(VideoReceiver& to, const std::vector<Octets>& packets, std::int64_t now_us = 0) {
  for (const Octets& packet : packets) to.push(packet, now_us);
}

}  // namespace

TEST_CASE("pictures come whole and in their order, whatever the order of the packets") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  give(to, send(from, 0, true, 20));
  CHECK(taken(to) == std::vector<int>{0});
  std::vector<Octets> packets;
  for (int number = 1; number < 20; ++number) {
    for (const Octets& packet : send(from, number, false)) packets.push_back(packet);
  }
  std::mt19937 random(5);
  std::shuffle(packets.begin(), packets.end(), random);
  std::vector<int> numbers;
  for (const Octets& packet : packets) {
    to.push(packet, 0);
    to.push(packet, 0);  // twice does no harm
    const auto now = taken(to);
    numbers.insert(numbers.end(), now.begin(), now.end());
  }
  std::vector<int> all(19);
  std::iota(all.begin(), all.end(), 1);
  CHECK(numbers == all);
  CHECK(to.source_counters().packets_duplicate == packets.size());
}

TEST_CASE("the timestamp follows the time of capture over its wrap") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  std::vector<std::int64_t> stamps;
  for (int number = 0; number < 30; ++number) {
    give(to, send(from, number, number == 0));
    const auto frame = to.next_frame();
    REQUIRE(frame);
    CHECK(frame->is_key == (number == 0));
    stamps.push_back(frame->timestamp);
  }
  CHECK(stamps.back() - stamps.front() == 29 * kFrameUs * 9 / 100);
  CHECK(std::is_sorted(stamps.begin(), stamps.end()));
}

TEST_CASE("what is lost is asked for and mended by retransmission") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  give(to, send(from, 0, true));
  auto packets = send(from, 1, false, 5);
  packets.erase(packets.begin() + 1, packets.begin() + 3);
  give(to, packets, 100'000);
  give(to, send(from, 2, false), 100'000);
  CHECK(taken(to) == std::vector<int>{0});
  CHECK(to.poll(105'000, 100'000).sequence_numbers.empty());  // they may only be late
  const auto request = to.poll(120'000, 100'000);
  CHECK(request.sequence_numbers.size() == 2);
  CHECK_FALSE(request.key_frame);
  CHECK(to.poll(140'000, 100'000).sequence_numbers.empty());
  for (const std::uint16_t number : request.sequence_numbers) {
    const auto packet = from.retransmit(number);
    REQUIRE(packet);
    to.push(*packet, 150'000);
  }
  CHECK(taken(to) == std::vector<int>{1, 2});
  CHECK(to.source_counters().packets_recovered == 2);
  CHECK(from.stats().packets_retransmitted == 2);
}

TEST_CASE("without a stream of its own a retransmission is the packet itself") {
  VideoSender from = sender(false);
  const auto packets = send(from, 0, true);
  const auto again = from.retransmit(32761);
  REQUIRE(again);
  CHECK(Octets(again->begin(), again->end()) == packets[1]);
  CHECK_FALSE(from.retransmit(32763));
  CHECK(from.stats().retransmissions_missing == 1);
}

TEST_CASE("what never comes is jumped over with the next key frame, which is asked for") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  CHECK(to.poll(0, 100'000).key_frame);  // watching begins with one
  give(to, send(from, 0, true), 0);
  CHECK(taken(to) == std::vector<int>{0});
  auto packets = send(from, 1, false, 5);
  packets.pop_back();
  give(to, packets, 1'000'000);
  give(to, send(from, 2, false), 1'000'000);
  CHECK_FALSE(to.poll(1'020'000, 100'000).key_frame);
  CHECK_FALSE(to.poll(1'200'000, 100'000).key_frame);
  CHECK(to.poll(1'300'000, 100'000).key_frame);
  CHECK_FALSE(to.poll(1'320'000, 100'000).key_frame);  // not at once again
  CHECK(taken(to).empty());
  give(to, send(from, 3, true), 1'400'000);
  give(to, send(from, 4, false), 1'400'000);
  CHECK(taken(to) == std::vector<int>{3, 4});
  CHECK(to.counters().jumps == 1);
}

TEST_CASE("nothing is put together or asked for while nobody watches") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  give(to, send(from, 0, true));
  give(to, send(from, 2, false));
  send(from, 3, false);
  give(to, send(from, 4, false));
  CHECK(taken(to).empty());
  const auto request = to.poll(1'000'000, 100'000);
  CHECK_FALSE(request.key_frame);
  CHECK(request.sequence_numbers.empty());
  const auto report = to.report();
  REQUIRE(report);
  CHECK(report->packets_lost == 3);
  to.set_watched(true);
  CHECK(to.poll(1'000'000, 100'000).key_frame);
  give(to, send(from, 5, false));
  CHECK(taken(to).empty());
  give(to, send(from, 6, true));
  CHECK(taken(to) == std::vector<int>{6});
}

TEST_CASE("a decoder that fails gets a key frame next") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  give(to, send(from, 0, true));
  CHECK(taken(to) == std::vector<int>{0});
  to.restart();
  give(to, send(from, 1, false));
  CHECK(taken(to).empty());
  CHECK(to.poll(1'000'000, 100'000).key_frame);
  give(to, send(from, 2, true));
  CHECK(taken(to) == std::vector<int>{2});
}

TEST_CASE("octets that are no video are counted, and pictures go on") {
  VideoSender from = sender();
  VideoReceiver to = receiver();
  to.set_watched(true);
  give(to, send(from, 0, true));
  std::mt19937 random(9);
  std::uniform_int_distribution<int> octet(0, 255);
  for (int i = 0; i < 2000; ++i) {
    Octets noise(static_cast<std::size_t>(octet(random)));
    for (auto& value : noise) value = static_cast<std::uint8_t>(octet(random));
    to.push(noise, 0);
    while (to.next_frame()) {
    }
  }
  to.restart();
  give(to, send(from, 1, true));
  CHECK(taken(to) == std::vector<int>{1});
}
