#include "rtp/packet_cache.hpp"

#include <doctest/doctest.h>

#include <array>

using chime::rtp::PacketCache;

namespace {
const std::array<std::uint8_t, 3> kFirst = {1, 2, 3};
const std::array<std::uint8_t, 2> kSecond = {4, 5};
}  // namespace

TEST_CASE("a packet is found until another takes its place") {
  PacketCache cache(4);
  CHECK(cache.put(10, kFirst, 7));
  const auto found = cache.find(10);
  REQUIRE(found);
  CHECK(found->packet.size() == 3);
  CHECK(found->arrival_us == 7);
  CHECK(cache.put(14, kSecond, 8));
  CHECK(!cache.find(10));
  CHECK(cache.find(14)->packet.size() == 2);
}

TEST_CASE("what is here already, or older than the ring, is not taken") {
  PacketCache cache(4);
  CHECK(cache.put(14, kFirst, 0));
  CHECK_FALSE(cache.put(14, kSecond, 0));
  CHECK_FALSE(cache.put(10, kSecond, 0));
  CHECK(cache.find(14)->packet.size() == 3);
}

TEST_CASE("numbers before the first one of a stream are negative and have places, too") {
  PacketCache cache(4);
  CHECK(cache.put(1, kFirst, 0));
  CHECK(cache.put(-1, kSecond, 0));
  CHECK(cache.find(-1)->packet.size() == 2);
  CHECK(cache.find(1)->packet.size() == 3);
  cache.clear();
  CHECK(!cache.find(1));
  CHECK(!cache.find(-1));
}
