#include "stream/audio_receiver_group.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/allocation_counter.hpp"
#include "tests/stream/rtp_stream.hpp"

using chime::stream::AudioReceiver;
using chime::stream::AudioReceiverGroup;
using chime::stream::ReceiverOptions;
using chime::tests::rtp_stream;
using chime::tests::RtpPacket;

namespace {

constexpr std::size_t kBlock = 480;

std::shared_ptr<AudioReceiver> make_receiver(int sample_rate = 48000, int channels = 1) {
  ReceiverOptions options;
  options.payload_types.red = 63;
  options.audio_level_id = 1;
  options.sample_rate = sample_rate;
  options.channels = channels;
  return std::make_shared<AudioReceiver>(options);
}

}  // namespace

TEST_CASE("a group gives what single pulls give, loss and late packets included") {
  constexpr std::size_t streams = 12;
  std::vector<std::vector<RtpPacket>> packets;
  std::vector<std::shared_ptr<AudioReceiver>> alone;
  std::vector<std::shared_ptr<AudioReceiver>> together;
  AudioReceiverGroup group(48000, 1, 3);
  for (std::size_t n = 0; n < streams; ++n) {
    packets.push_back(
        rtp_stream(static_cast<std::uint32_t>(n + 1), 3, n % 2 == 0, 100 + 15 * static_cast<double>(n)));
    alone.push_back(make_receiver());
    together.push_back(make_receiver());
    group.add(static_cast<std::int64_t>(100 - n), together.back());
  }
  std::vector<std::int16_t> blocks(streams * kBlock);
  std::vector<std::uint8_t> levels(streams);
  std::vector<std::int16_t> block(kBlock);
  for (std::size_t tick = 0; tick < 290; ++tick) {
    const auto now_us = static_cast<std::int64_t>(tick) * 10000;
    for (std::size_t n = 0; n < streams; ++n) {
      // Starts differ, every seventh packet is lost, every eleventh a tick late.
      if (tick < n || (tick - n) % 2 != 0) continue;
      const std::size_t index = (tick - n) / 2;
      if (index % 7 == 3) continue;
      const auto arrival_us = now_us + (index % 11 == 5 ? 12000 : 0);
      alone[n]->push(packets[n][index], arrival_us);
      together[n]->push(packets[n][index], arrival_us);
    }
    AudioReceiverGroup::Pull pull(group);
    REQUIRE(pull.streams() == streams);
    pull.run(blocks, levels, now_us);
    for (std::size_t n = 0; n < streams; ++n) {
      alone[n]->pull(block, now_us);
      REQUIRE(
          std::equal(block.begin(), block.end(), blocks.begin() + static_cast<std::ptrdiff_t>(n * kBlock)));
      REQUIRE(levels[n] == alone[n]->level().rfc6464);
    }
  }
  for (std::size_t n = 0; n < streams; ++n) {
    CHECK(alone[n]->stats().jitter_buffer_delay == together[n]->stats().jitter_buffer_delay);
    CHECK(alone[n]->stats().concealed_samples == together[n]->stats().concealed_samples);
    CHECK(alone[n]->stats().jitter_buffer_emitted_count > 100000);
  }
}

TEST_CASE("who is in is said by keys, and what does not fit is refused") {
  AudioReceiverGroup group(48000, 2, 1);
  const auto receiver = make_receiver(48000, 2);
  group.add(7, receiver);
  group.add(3, make_receiver(48000, 2));
  CHECK(group.keys() == std::vector<std::int64_t>{7, 3});
  CHECK_THROWS_AS(group.add(7, make_receiver(48000, 2)), std::invalid_argument);
  CHECK_THROWS_AS(group.add(8, receiver), std::invalid_argument);
  CHECK_THROWS_AS(group.add(8, make_receiver(48000, 1)), std::invalid_argument);
  CHECK_THROWS_AS(group.add(8, make_receiver(16000, 2)), std::invalid_argument);
  CHECK_THROWS_AS(group.remove(8), std::out_of_range);
  group.remove(7);
  CHECK(group.keys() == std::vector<std::int64_t>{3});
  CHECK(group.size() == 1);
  CHECK_THROWS_AS(AudioReceiverGroup(48000, 1, 0), std::invalid_argument);
  CHECK_THROWS_AS(AudioReceiverGroup(48000, 1, 65), std::invalid_argument);
  CHECK_THROWS_AS(AudioReceiverGroup(44100, 1, 1), std::invalid_argument);
}

TEST_CASE("a receiver removed during a pull lives until its end, one removed between pulls goes at once") {
  AudioReceiverGroup group(48000, 1, 2);
  const auto receiver = make_receiver();
  group.add(1, receiver);
  std::vector<std::int16_t> block(kBlock);
  {
    AudioReceiverGroup::Pull pull(group);
    group.remove(1);
    CHECK(receiver.use_count() == 2);
    CHECK(pull.streams() == 1);
    pull.run(block, {}, 0);
  }
  CHECK(receiver.use_count() == 1);
  group.add(1, receiver);
  {
    AudioReceiverGroup::Pull pull(group);
  }
  CHECK(receiver.use_count() == 3);  // ours, the list's and that of the pulls
  group.remove(1);
  CHECK(receiver.use_count() == 1);
  AudioReceiverGroup::Pull pull(group);
  CHECK(pull.streams() == 0);
  pull.run({}, {}, 0);
}

TEST_CASE("receivers come, go and are pushed to from other threads while the group is pulled") {
  AudioReceiverGroup group(48000, 1, 3);
  const auto packets = rtp_stream(1, 1);
  std::atomic<bool> done{false};
  std::vector<std::thread> others;
  for (std::int64_t key = 0; key < 3; ++key) {
    others.emplace_back([&, key] {
      std::int64_t now_us = 0;
      while (!done) {
        auto receiver = make_receiver();
        group.add(key, receiver);
        for (std::size_t n = 0; n < 10; ++n) receiver->push(packets[n], now_us += 5000);
        if (key == 2) receiver.reset();  // the group is the last to hold it
        group.remove(key);
      }
    });
  }
  std::vector<std::int16_t> blocks(3 * kBlock);
  for (std::int64_t tick = 0; tick < 300; ++tick) {
    AudioReceiverGroup::Pull pull(group);
    pull.run(std::span(blocks).first(pull.streams() * kBlock), {}, tick * 10000);
  }
  done = true;
  for (auto& other : others) other.join();
  CHECK(group.size() == 0);
}
