#include "jitter/packet_buffer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <iterator>
#include <map>
#include <random>

using chime::jitter::Frame;
using chime::jitter::PacketBuffer;

namespace {

constexpr std::array<std::uint8_t, 3> kPayload{1, 2, 3};

PacketBuffer::Insert insert(PacketBuffer& buffer, std::int64_t timestamp, bool copy = false) {
  return buffer.insert(timestamp, timestamp / 960, 0, 960, copy, 0, kPayload);
}

}  // namespace

TEST_CASE("frames come out in the order of their time, whatever order they came in") {
  PacketBuffer buffer;
  for (const std::int64_t timestamp : {2880, 0, 1920, -960}) insert(buffer, timestamp);
  CHECK(buffer.first()->timestamp == -960);
  CHECK(buffer.last()->timestamp == 2880);
  CHECK(buffer.next_from(1)->timestamp == 1920);
  CHECK(buffer.find(960) == nullptr);
}

TEST_CASE("a frame is held once, and a primary joins its copy") {
  PacketBuffer buffer;
  CHECK(insert(buffer, 960, true) == PacketBuffer::Insert::kInserted);
  CHECK(insert(buffer, 960, true) == PacketBuffer::Insert::kDuplicate);
  CHECK(insert(buffer, 960, false) == PacketBuffer::Insert::kInserted);
  CHECK_FALSE(buffer.find(960)->copy);
  CHECK(insert(buffer, 960, false) == PacketBuffer::Insert::kDuplicate);
  CHECK(buffer.size() == 1);
}

TEST_CASE("memory is bounded, and freed places are used again") {
  PacketBuffer buffer;
  for (std::size_t n = 0; n < PacketBuffer::kCapacity; ++n)
    insert(buffer, static_cast<std::int64_t>(n) * 960);
  CHECK(insert(buffer, -960) == PacketBuffer::Insert::kOverflow);
  std::size_t copies = 1;
  CHECK(buffer.drop_before(9600, &copies) == 10);
  CHECK(copies == 0);
  CHECK(insert(buffer, -960) == PacketBuffer::Insert::kInserted);
  buffer.clear();
  CHECK(buffer.size() == 0);
}

TEST_CASE("whatever is done to it, it holds what a plain sorted map would") {
  struct Plain {
    std::int64_t sequence;
    std::int64_t arrival_us;
    bool copy;
    std::vector<std::uint8_t> payload;
  };
  std::mt19937 dice(20);
  const auto roll = [&dice](int below) { return static_cast<int>(dice() % static_cast<unsigned>(below)); };
  PacketBuffer buffer;
  std::map<std::int64_t, Plain> plain;
  for (int step = 0; step < 30'000; ++step) {
    // A window that moves on, now and then narrower than the buffer and now and then wider.
    const std::int64_t window = step % 10'000 < 5'000 ? 200 : 600;
    const std::int64_t timestamp = 480 * (step / 100 + roll(static_cast<int>(window)));
    const int what = roll(100);
    if (what < 80) {
      const bool copy = roll(2) == 0;
      const std::vector<std::uint8_t> payload(static_cast<std::size_t>(roll(500)),
                                              static_cast<std::uint8_t>(step));
      const auto held = plain.find(timestamp);
      auto expected = PacketBuffer::Insert::kInserted;
      if (held != plain.end() && (copy || !held->second.copy)) {
        expected = PacketBuffer::Insert::kDuplicate;
      } else if (held != plain.end()) {
        held->second.copy = false;
        held->second.sequence = step;
      } else if (plain.size() == PacketBuffer::kCapacity) {
        expected = PacketBuffer::Insert::kOverflow;
      } else {
        plain[timestamp] = {step, step + 7, copy, payload};
      }
      REQUIRE(buffer.insert(timestamp, step, step + 7, 480, copy, 0, payload) == expected);
    } else if (what < 97) {
      buffer.remove(timestamp);
      plain.erase(timestamp);
    } else if (what < 99) {
      const std::int64_t until = timestamp - 480 * 100;
      std::size_t copies = 0;
      std::size_t only_copies = 0;
      const auto end = plain.lower_bound(until);
      for (auto frame = plain.begin(); frame != end; ++frame) only_copies += frame->second.copy ? 1 : 0;
      const auto dropped = static_cast<std::size_t>(std::distance(plain.begin(), end));
      plain.erase(plain.begin(), end);
      REQUIRE(buffer.drop_before(until, &copies) == dropped);
      REQUIRE(copies == only_copies);
    } else if (roll(50) == 0) {
      buffer.clear();
      plain.clear();
    }
    REQUIRE(buffer.size() == plain.size());
    const auto next = plain.lower_bound(timestamp);
    const Frame* found = buffer.next_from(timestamp);
    REQUIRE((found == nullptr) == (next == plain.end()));
    if (found != nullptr) {
      REQUIRE(found->timestamp == next->first);
      REQUIRE(found->sequence == next->second.sequence);
      REQUIRE(found->arrival_us == next->second.arrival_us);
      REQUIRE(found->copy == next->second.copy);
      REQUIRE(found->payload == next->second.payload);
      REQUIRE((buffer.find(timestamp) == found) == (next->first == timestamp));
    }
    if (plain.empty()) continue;
    REQUIRE(buffer.first()->timestamp == plain.begin()->first);
    REQUIRE(buffer.last()->timestamp == plain.rbegin()->first);
  }
}
