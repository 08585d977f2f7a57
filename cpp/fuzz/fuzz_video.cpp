// Any packets and requests: what goes out of the forwarder is RTP under the receiver's names, in memory of
// its own, and what comes out of a receiver are pictures.
#include <algorithm>
#include <vector>

#include "fuzz/check.hpp"
#include "rtp/packet.hpp"
#include "rtp/transport_feedback.hpp"
#include "stream/video_forwarder.hpp"
#include "stream/video_receiver.hpp"
#include "video/depacketiser.hpp"
#include "video/payload.hpp"

using namespace chime;

namespace {

constexpr std::int64_t kSource = 1;
constexpr std::int64_t kSinks = 3;
constexpr std::size_t kLayers = 2;

void check_payload(rtp::Bytes payload) {
  for (const auto codec : {video::Codec::vp8, video::Codec::vp9, video::Codec::h264}) {
    (void)video::begins_key_frame(codec, payload);
    std::vector<std::uint8_t> frame;
    for (int packets = 0; packets < 2; ++packets) {
      const std::size_t before = frame.size();
      const bool taken = video::append_payload(codec, payload, frame);
      CHIME_CHECK(taken ? frame.size() > before : frame.size() == before);
    }
    const auto size = video::key_frame_size(codec, payload);
    if (size) CHIME_CHECK(size->width >= 0 && size->width <= 65535 && size->height >= 0);
  }
}

stream::VideoSinkOptions sink_options(std::int64_t key) {
  const auto ssrc = static_cast<std::uint32_t>(100 * key);
  return {ssrc,
          key == 2 ? 0u : ssrc + 1,
          {{100, video::Codec::vp8, 101}, {102, video::Codec::h264, {}}},
          "mid",
          4,
          2,
          65000,
          0};
}

void check_packets(const stream::ForwardedPackets& packets) {
  for (const auto& entry : packets.entries()) {
    rtp::Packet packet;
    CHIME_CHECK(rtp::parse_packet(packets.bytes(entry), packet) == rtp::ParseError::none);
    const auto ssrc = static_cast<std::uint32_t>(100 * entry.sink);
    CHIME_CHECK(packet.ssrc == ssrc || packet.ssrc == ssrc + 1);
    CHIME_CHECK(packet.payload_type >= 100 && packet.payload_type <= 102);
    CHIME_CHECK(packet.extensions.find(4).has_value());
  }
}

// The input as steps: one octet says what happens, one how; packets take sixteen octets for header and
// payload.
void check_forwarder(rtp::Bytes input) {
  stream::VideoForwarder forwarder;
  forwarder.add_source(
      kSource,
      {{{96, video::Codec::vp8, 97}, {98, video::Codec::h264, {}}}, {{"a", 0, 0}, {"", 7, 8}}, 10, 11, 3});
  for (std::int64_t key = 1; key <= kSinks; ++key) {
    forwarder.add_sink(key, sink_options(key));
    forwarder.select(key, stream::VideoSelection{kSource, static_cast<std::size_t>(key) % kLayers});
  }
  std::vector<std::uint8_t> packet;
  std::vector<std::uint8_t> feedback(rtp::TransportFeedback::kMaxSize);
  std::int64_t now_us = 0;
  while (input.size() >= 18) {
    const std::uint8_t what = input[0];
    const std::uint8_t how = input[1];
    const std::int64_t sink = how % kSinks + 1;
    now_us += how * 1000;
    packet.assign(input.begin() + 2, input.begin() + 18);
    packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x30));
    packet[1] = static_cast<std::uint8_t>((packet[1] & 0x80) | (96 + packet[1] % 4));
    packet[8] = packet[9] = packet[10] = 0;
    packet[11] = static_cast<std::uint8_t>(7 + packet[11] % 2);
    input = input.subspan(18);
    if (what < 200) {
      check_packets(forwarder.push(kSource, packet, now_us));
    } else if (what < 220) {
      const std::vector<std::uint16_t> wanted = {rtp::read_u16(packet.data()),
                                                 static_cast<std::uint16_t>(65000 + how)};
      check_packets(forwarder.retransmit(sink, wanted));
    } else if (what < 230) {
      forwarder.select(sink, stream::VideoSelection{how % 2, how % 3u});
    } else if (what < 240) {
      forwarder.set_paused(sink, how % 2 != 0);
      forwarder.request_key_frame(sink);
    } else {
      (void)forwarder.poll(now_us, 1000);
      const auto size = forwarder.source(kSource).transport_feedback().write(1, 2, feedback);
      if (size) CHIME_CHECK(*size % 4 == 0 && *size >= 20 && *size <= feedback.size());
    }
  }
}

// The same for somebody who looks at the video: whole pictures come out, in their order.
void check_receiver(rtp::Bytes input) {
  stream::VideoReceiver receiver({{{96, video::Codec::vp8, 97}, {98, video::Codec::h264, {}}}, {{"", 7, 8}}});
  receiver.set_watched(true);
  std::vector<std::uint8_t> packet;
  std::int64_t now_us = 0;
  while (input.size() >= 20) {
    const std::uint8_t what = input[0];
    now_us += input[1] * 1000;
    packet.assign(input.begin() + 2, input.begin() + 20);
    packet[0] = 0x80;
    packet[1] = static_cast<std::uint8_t>((packet[1] & 0x80) | (96 + packet[1] % 4));
    packet[2] = 0;  // sequence numbers that meet
    packet[4] = packet[5] = packet[6] = 0;
    packet[8] = packet[9] = packet[10] = 0;
    packet[11] = static_cast<std::uint8_t>(7 + packet[11] % 2);
    input = input.subspan(20);
    if (what < 220) {
      receiver.push(packet, now_us);
      while (const auto frame = receiver.next_frame()) CHIME_CHECK(!frame->data.empty());
    } else if (what < 240) {
      CHIME_CHECK(receiver.poll(now_us, 1000).sequence_numbers.size() <= rtp::MissingPackets::kMax);
      (void)receiver.report();
    } else {
      receiver.restart();
      receiver.set_watched(what % 2 != 0);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_payload({data, size});
  check_forwarder({data, size});
  check_receiver({data, size});
  return 0;
}
