#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "opus/decoder.hpp"
#include "rtp/red.hpp"
#include "stream/audio_sender.hpp"

using namespace chime;
using stream::AudioSender;
using stream::AudioSenderOptions;
using stream::Redundancy;

namespace {

using Octets = std::vector<std::uint8_t>;

AudioSenderOptions options() {
  AudioSenderOptions made;
  made.ssrc = 7;
  made.red_payload_type = 63;
  made.encoder.fec = true;
  made.encoder.bitrate_bps = 40'000;
  made.first_sequence_number = std::uint16_t{65534};
  made.first_timestamp = 0xFFFFFFFFu - 959;
  return made;
}

// Pushes `blocks` of 10 ms of something voice-like and keeps what comes out.
struct Talker {
  AudioSender sender;
  std::size_t position = 0;
  std::int64_t now_us = 0;
  bool pauses = false;  // between syllables, which is what speech detection wants to hear

  explicit Talker(const AudioSenderOptions& made) : sender(made) {}

  std::vector<Octets> talk(int blocks, bool silent = false) {
    std::vector<Octets> packets;
    const auto& encoder = sender.options().encoder;
    std::vector<std::int16_t> pcm(sender.samples_per_push());
    for (int n = 0; n < blocks; ++n, now_us += 10'000) {
      for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double t = static_cast<double>(position + i / static_cast<std::size_t>(encoder.channels)) /
                         encoder.sample_rate;
        double sum = 0;
        for (int k = 1; k <= 12; ++k) sum += std::sin(2 * std::numbers::pi * 130 * k * t) / k;
        const double swell = pauses ? std::pow(std::sin(2 * std::numbers::pi * 2.25 * t), 4)
                                    : 0.6 + 0.4 * std::sin(2 * std::numbers::pi * 3 * t);
        pcm[i] = silent ? std::int16_t{0} : static_cast<std::int16_t>(5000 * sum * swell);
      }
      position += pcm.size() / static_cast<std::size_t>(encoder.channels);
      std::array<std::uint8_t, AudioSender::kMaxPacketSize> out;
      const std::size_t size = sender.push(pcm, now_us, out);
      if (size > 0) packets.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return packets;
  }
};

rtp::Packet parse(const Octets& data) {
  rtp::Packet packet;
  REQUIRE(rtp::parse_packet(data, packet) == rtp::ParseError::none);
  return packet;
}

rtp::RedBlocks split(const Octets& data) {
  rtp::RedBlocks blocks;
  REQUIRE(rtp::split_red(parse(data).payload, 111, blocks) == rtp::RedStatus::ok);
  return blocks;
}

}  // namespace

TEST_CASE("packets count up across both wraps") {
  Talker talker(options());
  const auto packets = talker.talk(8);
  REQUIRE(packets.size() == 4);
  CHECK(parse(packets[0]).sequence_number == 65534);
  CHECK(parse(packets[0]).timestamp == 0xFFFFFFFFu - 959);
  CHECK(parse(packets[0]).marker);
  CHECK(parse(packets[2]).sequence_number == 0);
  CHECK(parse(packets[1]).timestamp == 0);
  CHECK(parse(packets[2]).timestamp == 960);
  CHECK_FALSE(parse(packets[1]).marker);
  CHECK(parse(packets[0]).ssrc == 7);
  const auto info = talker.sender.sender_info();
  CHECK(info.next_timestamp == 2880);
  CHECK(info.packets == 4);
  CHECK(info.octets == talker.sender.stats().payload_octets_sent);
}

TEST_CASE("extensions tell mid, level, voice and send time") {
  auto made = options();
  made.mid = std::string("0");
  made.mid_id = 4;
  made.audio_level_id = 1;
  made.abs_send_time_id = 2;
  Talker talker(made);
  talker.pauses = true;
  talker.talk(99);
  const auto data = talker.talk(1).at(0);
  const auto packet = parse(data);
  CHECK(rtp::read_mid(packet.extensions.find(4).value()) == "0");
  const auto level = rtp::read_audio_level(packet.extensions.find(1).value()).value();
  CHECK(level.voice);
  CHECK(level.level > 5);
  CHECK(level.level < 30);
  CHECK(rtp::read_abs_send_time(packet.extensions.find(2).value()) == 259522u);  // 0.99 s
}

TEST_CASE("a muted sender goes on sending packets, of silence") {
  auto made = options();
  made.audio_level_id = 1;
  Talker talker(made);
  talker.talk(50);
  talker.sender.set_muted(true);
  CHECK(talker.sender.muted());
  auto packets = talker.talk(50);
  REQUIRE(packets.size() == 25);
  opus::Decoder decoder(48000, 1);
  std::array<std::int16_t, 5760> pcm;
  for (const auto& data : packets) REQUIRE(decoder.decode(split(data).primary().data, pcm) == 960);
  for (std::size_t i = 0; i < 960; ++i) REQUIRE(std::abs(pcm[i]) < 20);
  const auto level = rtp::read_audio_level(parse(packets.back()).extensions.find(1).value()).value();
  CHECK(level.level == 127);
  CHECK_FALSE(level.voice);
  talker.sender.set_muted(false);
  packets = talker.talk(20);
  CHECK(rtp::read_audio_level(parse(packets.back()).extensions.find(1).value())->level < 30);
}

TEST_CASE("copies are of earlier packets, as many as reports ask for") {
  Talker talker(options());
  const auto first = talker.talk(20);
  CHECK(split(first.back()).redundant().size() == 1);
  talker.sender.on_report({.now_us = talker.now_us, .fraction_lost = 0.4});
  CHECK(talker.sender.stats().expected_loss_percent == 40);
  const auto packets = talker.talk(100);
  CHECK(talker.sender.stats().lbrr_frames > 30);
  const auto blocks = split(packets.back());
  REQUIRE(blocks.redundant().size() == 2);
  CHECK(blocks.redundant()[0].timestamp_offset == 3840);
  CHECK(blocks.redundant()[1].timestamp_offset == 1920);
  const auto original = split(packets[packets.size() - 3]).primary().data;
  CHECK(Octets(original.begin(), original.end()) ==
        Octets(blocks.redundant()[1].data.begin(), blocks.redundant()[1].data.end()));
  for (int n = 0; n < 40; ++n) {
    talker.now_us += 1'000'000;
    talker.sender.on_report({.now_us = talker.now_us, .fraction_lost = 0});
  }
  CHECK(split(talker.talk(2).back()).redundant().empty());
}

TEST_CASE("without RED negotiated payloads are plain Opus") {
  auto made = options();
  made.red_payload_type.reset();
  Talker talker(made);
  const auto packets = talker.talk(20);
  CHECK(parse(packets.back()).payload_type == 111);
  CHECK(opus::packet_samples(parse(packets.back()).payload) == 960);
}

TEST_CASE("redundancy off is RED without copies") {
  auto made = options();
  made.redundancy = Redundancy::off;
  Talker talker(made);
  talker.sender.on_report({.now_us = 1, .fraction_lost = 0.2});
  CHECK(split(talker.talk(40).back()).redundant().empty());
}

TEST_CASE("chime redundancy starts without copies and follows the SDK's clock") {
  auto made = options();
  made.redundancy = Redundancy::chime;
  Talker talker(made);
  CHECK(split(talker.talk(100).back()).redundant().empty());
  std::int64_t lost = 0;
  for (int second = 0; second < 8; ++second) {
    lost += 12;
    talker.sender.on_report({.now_us = talker.now_us, .fraction_lost = 0.25}, lost);
    talker.talk(100);
  }
  const auto stats = talker.sender.stats();
  CHECK(stats.copies == 2);
  CHECK(stats.copy_offsets[0] == 1920);
  CHECK(stats.copy_offsets[1] == 3840);
  CHECK(stats.redundant_blocks > 200);
}

TEST_CASE("with DTX silence is hardly sent and the first packet after it is marked") {
  auto made = options();
  made.encoder.dtx = true;
  made.encoder.sample_rate = 16000;
  Talker talker(made);
  talker.talk(100);
  CHECK(talker.talk(300, true).size() < 60);
  const auto packets = talker.talk(20);
  REQUIRE(packets.size() >= 9);
  CHECK(talker.sender.stats().dtx_frames > 90);
  CHECK(parse(packets[0]).marker);
}

TEST_CASE("every frame length and form of PCM is sent within a thousand octets") {
  for (const int frame_ms : {10, 20, 40, 60}) {
    for (const int channels : {1, 2}) {
      auto made = options();
      made.frame_ms = frame_ms;
      made.encoder.channels = channels;
      made.encoder.application = opus::Application::audio;
      made.encoder.bitrate_bps = 510'000;
      Talker talker(made);
      const auto packets = talker.talk(60);
      CHECK(packets.size() == static_cast<std::size_t>(600 / frame_ms));
      for (const auto& data : packets) {
        CHECK(parse(data).payload.size() <= stream::RedEncoder::kMaxPayloadSize);
        CHECK(opus::packet_samples(split(data).primary().data) == frame_ms * 48);
      }
    }
  }
}

TEST_CASE("options out of range are refused") {
  auto made = options();
  made.frame_ms = 30;
  CHECK_THROWS_AS(AudioSender{made}, std::invalid_argument);
  made = options();
  made.red_payload_type = std::uint8_t{111};
  CHECK_THROWS_AS(AudioSender{made}, std::invalid_argument);
  made = options();
  made.encoder.sample_rate = 44100;
  CHECK_THROWS_AS(AudioSender{made}, std::invalid_argument);
}

TEST_CASE("a bitrate change reaches the encoder") {
  Talker talker(options());
  talker.talk(100);
  talker.sender.set_bitrate(96'000);
  CHECK(talker.sender.bitrate() == 96'000);
  const auto before = talker.sender.stats().payload_octets_sent;
  talker.talk(100);
  CHECK(talker.sender.stats().payload_octets_sent - before > 8'000);
}
