#include "jitter/packet_buffer.hpp"

#include <doctest/doctest.h>

#include <array>

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
