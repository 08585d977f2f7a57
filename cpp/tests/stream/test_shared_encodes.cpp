#include "stream/shared_encodes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <vector>

#include "opus/decoder.hpp"
#include "rtp/packet.hpp"
#include "rtp/red.hpp"

using namespace chime;
using stream::AudioSender;
using stream::AudioSenderOptions;
using stream::SharedEncodes;
using stream::SharedSound;

namespace {

using Octets = std::vector<std::uint8_t>;

AudioSenderOptions options(std::uint32_t ssrc, int channels = 1) {
  AudioSenderOptions made;
  made.ssrc = ssrc;
  made.red_payload_type = 63;
  made.encoder.fec = true;
  made.encoder.channels = channels;
  return made;
}

struct Listener {
  explicit Listener(std::uint32_t ssrc, int channels = 1) : sender(options(ssrc, channels)) {}

  AudioSender sender;
  SharedEncodes::Seat seat;
  std::optional<SharedSound> hears = SharedSound::mix_of_all;
  std::vector<Octets> packets;
};

// A conference's tick over and over: a tone for all, silence, or a sound of one's own.
struct Room {
  SharedEncodes shared;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::int16_t> mix;
  std::size_t position = 0;
  std::int64_t now_us = 0;
  bool silent = false;

  explicit Room(int channels = 1) : shared(48000, channels), mix(480 * static_cast<std::size_t>(channels)) {}

  Listener& join(int channels = 1) {
    listeners.push_back(
        std::make_unique<Listener>(static_cast<std::uint32_t>(listeners.size() + 1), channels));
    return *listeners.back();
  }

  void run(int ticks) {
    for (int tick = 0; tick < ticks; ++tick, now_us += 10'000) {
      const std::size_t channels = mix.size() / 480;
      for (std::size_t i = 0; i < mix.size(); ++i) {
        const double t = static_cast<double>(position + i / channels) / 48000;
        mix[i] = silent ? std::int16_t{0}
                        : static_cast<std::int16_t>(6000 * std::sin(2 * std::numbers::pi * 440 * t));
      }
      position += 480;
      for (auto& listener : listeners) shared.choose(listener->seat, listener->hears, listener->sender);
      shared.encode(mix);
      for (auto& listener : listeners) {
        std::array<std::uint8_t, AudioSender::kMaxPacketSize> out;
        const auto size = shared.send(listener->seat, mix, listener->sender, now_us, out);
        if (size > 0)
          listener->packets.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
      }
    }
  }
};

rtp::Packet parse(const Octets& data) {
  rtp::Packet packet;
  REQUIRE(rtp::parse_packet(data, packet) == rtp::ParseError::none);
  return packet;
}

Octets primary(const Octets& data) {
  rtp::RedBlocks blocks;
  REQUIRE(rtp::split_red(parse(data).payload, 111, blocks) == rtp::RedStatus::ok);
  const auto bytes = blocks.primary().data;
  return {bytes.begin(), bytes.end()};
}

// The largest step between neighbouring samples in what a listener plays.
int roughest(const std::vector<Octets>& packets) {
  opus::Decoder decoder(48000, 1);
  std::vector<std::int16_t> pcm(960);
  int before = 0;
  int roughest = 0;
  for (const auto& packet : packets) {
    REQUIRE(decoder.decode(primary(packet), std::span(pcm)) == 960);
    for (const std::int16_t sample : pcm) {
      roughest = std::max(roughest, std::abs(sample - before));
      before = sample;
    }
  }
  return roughest;
}

}  // namespace

TEST_CASE("listeners of one mix get the same frames under headers of their own") {
  Room room;
  Listener& first = room.join();
  Listener& second = room.join();
  room.run(20);
  REQUIRE(first.packets.size() == 10);
  REQUIRE(second.packets.size() == 10);
  CHECK(room.shared.in_use() == 1);
  CHECK(first.sender.stats().frames_encoded == 0);
  CHECK(second.sender.stats().frames_shared == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(primary(first.packets[i]) == primary(second.packets[i]));
    const rtp::Packet a = parse(first.packets[i]);
    const rtp::Packet b = parse(second.packets[i]);
    CHECK(a.ssrc == 1);
    CHECK(b.ssrc == 2);
    if (i == 0) continue;
    const rtp::Packet before = parse(second.packets[i - 1]);
    CHECK(static_cast<std::uint16_t>(b.sequence_number - before.sequence_number) == 1);
    CHECK(b.timestamp - before.timestamp == 960);
  }
}

TEST_CASE("one who reports loss gets copies, without another encode for the others") {
  Room room;
  Listener& lossy = room.join();
  Listener& clean = room.join();
  room.run(100);
  for (int report = 0; report < 4; ++report) {
    lossy.sender.on_report({.now_us = room.now_us, .fraction_lost = 0.2, .packets_expected = 50});
    clean.sender.on_report({.now_us = room.now_us, .fraction_lost = 0, .packets_expected = 50});
    room.run(100);
  }
  CHECK(lossy.sender.stats().copies >= 1);
  CHECK(clean.sender.stats().copies == 0);
  CHECK(lossy.sender.stats().frames_shared == lossy.packets.size());
  CHECK(room.shared.in_use() == 2);  // 0 % and 24 % of expected loss are coded apart
}

TEST_CASE("listeners with about the same loss share an encode") {
  Room room;
  for (int i = 0; i < 8; ++i) room.join();
  room.run(10);
  for (std::size_t i = 0; i < 8; ++i) {
    const double loss = 0.17 + 0.008 * static_cast<double>(i);
    room.listeners[i]->sender.on_report({.now_us = room.now_us, .fraction_lost = loss});
  }
  room.run(20);
  CHECK(room.shared.in_use() == 1);
}

TEST_CASE("who begins to hear something else goes on without a seam, and comes back in a pause") {
  Room room;
  Listener& stays = room.join();
  Listener& leaves = room.join();
  room.run(51);  // in the middle of a frame
  leaves.hears = std::nullopt;
  room.run(100);
  CHECK(leaves.sender.stats().frames_encoded == 50);
  leaves.hears = SharedSound::mix_of_all;
  room.silent = true;
  room.run(20);
  CHECK(leaves.seat.encode == stays.seat.encode);
  CHECK(leaves.packets.size() == stays.packets.size());
  leaves.packets.resize(70);  // the tone only
  stays.packets.resize(70);
  CHECK(roughest(leaves.packets) <= roughest(stays.packets) + 20);
}

TEST_CASE("without a pause one comes back after a second, with a frame that stands alone") {
  Room room;
  Listener& stays = room.join();
  Listener& comes = room.join();
  room.run(50);
  comes.hears = std::nullopt;
  room.run(50);
  comes.hears = SharedSound::mix_of_all;
  room.run(90);
  CHECK(comes.seat.encode == SharedEncodes::kNone);
  room.run(60);
  CHECK(comes.seat.encode == stays.seat.encode);
  // A tone of 440 Hz and 6000 steps by at most 346; a click is several times that.
  CHECK(roughest(comes.packets) < 700);
}

TEST_CASE("those who hear nothing share silence, apart from the mix") {
  Room room;
  Listener& deaf = room.join();
  Listener& too = room.join();
  Listener& hears = room.join();
  deaf.hears = too.hears = SharedSound::silence;
  room.run(100);
  CHECK(room.shared.in_use() == 2);
  CHECK(deaf.sender.stats().total_audio_energy < 1e-9);
  CHECK(hears.sender.stats().total_audio_energy > 1e-3);
  CHECK(deaf.packets.size() == 50);
}

TEST_CASE("mono and stereo listeners of a stereo conference share with their likes") {
  Room room(2);
  room.join(1);
  room.join(1);
  Listener& wide = room.join(2);
  room.run(40);
  CHECK(room.shared.in_use() == 2);
  CHECK(wide.sender.stats().frames_shared == 20);
}

TEST_CASE("more distinct encodes than there may be are each listener's own") {
  Room room;
  for (std::size_t i = 0; i < SharedEncodes::kMaxEncodes + 3; ++i) {
    room.join().sender.set_bitrate(20'000 + 1'000 * static_cast<int>(i));
  }
  room.run(10);
  CHECK(room.shared.in_use() == SharedEncodes::kMaxEncodes);
  for (const auto& listener : room.listeners) CHECK(listener->packets.size() == 5);
}

TEST_CASE("a muted sender fades and sends silence of its own") {
  Room room;
  Listener& muted = room.join();
  room.join();
  room.run(20);
  muted.sender.set_muted(true);
  room.run(20);
  CHECK(muted.seat.encode == SharedEncodes::kNone);
  CHECK(muted.packets.size() == 20);
}
