// Nothing is allocated for a packet or a tick once streams run.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "stream/audio_mixer.hpp"
#include "stream/audio_receiver_group.hpp"
#include "tests/allocation_counter.hpp"
#include "tests/stream/rtp_stream.hpp"

using chime::stream::AudioMixer;
using chime::stream::AudioReceiver;
using chime::stream::AudioReceiverGroup;
using chime::stream::AudioSender;
using chime::stream::AudioSenderOptions;
using chime::stream::ReceiverOptions;
using chime::tests::allocations;
using chime::tests::rtp_stream;
using chime::tests::RtpPacket;

namespace {

std::shared_ptr<AudioReceiver> make_receiver(int sample_rate = 48000, int channels = 1) {
  ReceiverOptions options;
  options.payload_types.red = 63;
  options.audio_level_id = 1;
  options.sample_rate = sample_rate;
  options.channels = channels;
  return std::make_shared<AudioReceiver>(options);
}

std::shared_ptr<AudioSender> make_sender(std::uint32_t ssrc) {
  AudioSenderOptions options;
  options.ssrc = ssrc;
  options.red_payload_type = 63;
  options.audio_level_id = 1;
  options.abs_send_time_id = 3;
  options.mid_id = 4;
  options.mid = "audio0";
  return std::make_shared<AudioSender>(options);
}

// Brings some packets of a bad network: lost, late, twice, in bursts.
struct BadNetwork {
  std::vector<RtpPacket> packets;
  std::size_t next = 0;

  void deliver(AudioReceiver& receiver, std::int64_t now_us) {
    const auto tick = static_cast<std::size_t>(now_us / 10000);
    // Held up for 150 ms every two seconds, then all at once.
    if (tick % 200 < 15) return;
    for (; next < packets.size() && next <= tick / 2; ++next) {
      if (next % 6 == 2) continue;
      receiver.push(packets[next], now_us);
      if (next % 10 == 5) receiver.push(packets[next], now_us);
    }
  }
};

}  // namespace

TEST_CASE("a receiver on a bad network allocates for no packet and no block") {
  for (const bool red : {true, false}) {
    for (const int channels : {1, 2}) {
      CAPTURE(red);
      CAPTURE(channels);
      BadNetwork network{rtp_stream(1, 12, red)};
      const auto receiver = make_receiver(channels == 1 ? 48000 : 16000, channels);
      std::vector<std::int16_t> block(receiver->block_frames() * static_cast<std::size_t>(channels));
      const auto before = allocations();
      std::size_t spoken = 0;
      for (std::int64_t tick = 0; tick < 1200; ++tick) {
        network.deliver(*receiver, tick * 10000);
        receiver->pull(block, tick * 10000);
        if (tick % 40 == 0) spoken += receiver->voice_activity() ? 1 : 0;
        (void)receiver->level();
        (void)receiver->stats();
        (void)receiver->report_block();
      }
      CHECK(allocations() == before);
      CHECK(receiver->stats().concealed_samples > 0);
      CHECK(receiver->stats().packets_duplicated > 0);
      CHECK(spoken > 0);
    }
  }
}

TEST_CASE("broken packets cost no memory") {
  auto packets = rtp_stream(1, 2);
  const auto receiver = make_receiver();
  std::vector<std::int16_t> block(480);
  const auto before = allocations();
  for (std::size_t n = 0; n < packets.size(); ++n) {
    auto& packet = packets[n];
    if (n % 3 == 1) packet[n % packet.size()] ^= 0xFF;
    receiver->push(std::span(packet).first(n % 5 == 0 ? packet.size() / 2 : packet.size()),
                   static_cast<std::int64_t>(n) * 20000);
    receiver->pull(block, static_cast<std::int64_t>(n) * 20000);
    receiver->pull(block, static_cast<std::int64_t>(n) * 20000 + 10000);
  }
  CHECK(allocations() == before);
}

TEST_CASE("a group's pull allocates nothing once everybody is there") {
  AudioReceiverGroup group(48000, 1,
                           1);  // allocations are counted in this thread: all of the work is done here
  std::vector<BadNetwork> networks;
  std::vector<std::shared_ptr<AudioReceiver>> receivers;
  for (std::uint32_t n = 0; n < 4; ++n) {
    networks.push_back({rtp_stream(n + 1, 3)});
    receivers.push_back(make_receiver());
    group.add(n, receivers.back());
  }
  std::vector<std::int16_t> blocks(4 * 480);
  std::vector<std::uint8_t> levels(4);
  {
    AudioReceiverGroup::Pull first(group);
  }
  const auto before = allocations();
  for (std::int64_t tick = 0; tick < 300; ++tick) {
    for (std::size_t n = 0; n < 4; ++n) networks[n].deliver(*receivers[n], tick * 10000);
    AudioReceiverGroup::Pull pull(group);
    pull.run(blocks, levels, tick * 10000);
  }
  CHECK(allocations() == before);
}

TEST_CASE("a sender allocates for no block and no report") {
  const auto sender = make_sender(1);
  std::vector<std::vector<std::int16_t>> blocks;
  for (int n = 0; n < 400; ++n) blocks.push_back(chime::tests::buzz(n, 48000, 1, 140));
  std::array<std::uint8_t, AudioSender::kMaxPacketSize> out;
  const auto before = allocations();
  std::size_t octets = 0;
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    octets += sender->push(blocks[n], static_cast<std::int64_t>(n) * 10000, out);
    if (n % 100 == 50) sender->on_report({.fraction_lost = 0.05 * static_cast<double>(n / 100)});
    if (n == 200) sender->set_muted(true);
    if (n == 250) sender->set_muted(false);
  }
  CHECK(allocations() == before);
  CHECK(octets > 5000);
}

TEST_CASE("a conference of senders and receivers allocates nothing in its tick") {
  AudioMixer mixer(48000, 1);
  std::vector<BadNetwork> networks;
  std::vector<std::shared_ptr<AudioReceiver>> receivers;
  for (std::uint32_t n = 0; n < 4; ++n) {
    networks.push_back({rtp_stream(n + 1, 3)});
    receivers.push_back(make_receiver());
    mixer.add(n, receivers.back(), make_sender(100 + n), n);
  }
  mixer.tick(0);
  // Who speaks is coded apart: the first time that everybody does makes the coders for it.
  std::int64_t tick = 1;
  const auto play = [&] {
    for (std::size_t n = 0; n < 4; ++n) networks[n].deliver(*receivers[n], tick * 10000);
    (void)mixer.tick(tick * 10000);
    ++tick;
  };
  while (tick < 150) play();
  const auto before = allocations();
  while (tick < 300) play();
  CHECK(allocations() == before);
}
