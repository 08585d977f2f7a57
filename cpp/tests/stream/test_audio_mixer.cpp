#include "stream/audio_mixer.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "tests/allocation_counter.hpp"

using chime::stream::AudioMixer;
using chime::stream::AudioReceiver;
using chime::stream::AudioSender;
using chime::stream::AudioSenderOptions;
using chime::stream::ReceiverOptions;

namespace {

std::shared_ptr<AudioReceiver> make_receiver() { return std::make_shared<AudioReceiver>(ReceiverOptions{}); }

std::shared_ptr<AudioSender> make_sender(std::uint32_t ssrc) {
  AudioSenderOptions options;
  options.ssrc = ssrc;
  return std::make_shared<AudioSender>(options);
}

}  // namespace

TEST_CASE("every sender gives a packet each 20 ms, under its key") {
  AudioMixer mixer(48000, 1);
  for (std::uint32_t key = 1; key <= 3; ++key) mixer.add(key, make_receiver(), make_sender(key), key);
  std::vector<std::int64_t> keys;
  for (int tick = 0; tick < 4; ++tick) {
    const auto& batch = mixer.tick(tick * 10000);
    for (const auto& entry : batch.entries()) {
      keys.push_back(entry.key);
      const auto packet = batch.bytes(entry);
      REQUIRE(packet.size() > 12);
      CHECK((packet[0] >> 6) == 2);    // RTP
      CHECK(packet[11] == entry.key);  // low octet of the SSRC
    }
  }
  CHECK(keys == std::vector<std::int64_t>{1, 2, 3, 1, 2, 3});
  CHECK(mixer.stats().packets_sent == 6);
}

TEST_CASE(
    "receivers and senders are held while they take part, and let go after the tick that fades them out") {
  AudioMixer mixer(48000, 1);
  const auto receiver = make_receiver();
  const auto sender = make_sender(1);
  mixer.add(1, receiver, sender, 1);
  mixer.tick(0);
  CHECK(receiver.use_count() == 2);
  CHECK(sender.use_count() == 2);
  mixer.remove(1);
  CHECK(mixer.tick(10000).entries().empty());
  mixer.tick(20000);
  CHECK(receiver.use_count() == 1);
  CHECK(sender.use_count() == 1);
}

TEST_CASE("one added and removed between two ticks leaves no trace") {
  AudioMixer mixer(48000, 1);
  const auto receiver = make_receiver();
  mixer.add(1, receiver, nullptr, 1);
  mixer.remove(1);
  mixer.add(1, nullptr, nullptr, 2);
  mixer.set_muted(1, true);
  mixer.tick(0);
  mixer.tick(10000);
  CHECK(receiver.use_count() == 1);
  CHECK(mixer.stats().participants == 1);
  CHECK(mixer.levels().empty());
}

TEST_CASE("keys are unique and known") {
  AudioMixer mixer(48000, 1);
  mixer.add(1, nullptr, nullptr, 1);
  CHECK_THROWS_AS(mixer.add(1, nullptr, nullptr, 1), std::invalid_argument);
  CHECK_THROWS_AS(mixer.remove(2), std::out_of_range);
  CHECK_THROWS_AS(mixer.set_muted(2, true), std::out_of_range);
}

TEST_CASE("a tick allocates nothing once everybody is there") {
  AudioMixer mixer(48000, 1);
  for (std::uint32_t key = 1; key <= 5; ++key) mixer.add(key, make_receiver(), make_sender(key), key);
  mixer.tick(0);
  const auto before = chime::tests::allocations();
  for (int tick = 1; tick < 100; ++tick) mixer.tick(tick * 10000);
  CHECK(chime::tests::allocations() == before);
}
