#include "rtp/splicer.hpp"

#include <doctest/doctest.h>

using chime::rtp::Splicer;

TEST_CASE("nothing is mapped before the first piece") {
  Splicer splicer({1000, 5000});
  CHECK(!splicer.map({1, 1}, 0));
  CHECK(!splicer.origin(1000));
}

TEST_CASE("the first piece begins where the output does, and gaps stay") {
  Splicer splicer({1000, 5000});
  splicer.join(1, {40, 900'000}, 0);
  const auto first = splicer.map({40, 900'000}, 0);
  REQUIRE(first);
  CHECK(first->sequence == 1000);
  CHECK(first->timestamp == 5000);
  CHECK(splicer.map({43, 903'000}, 33'000)->sequence == 1003);
  CHECK(splicer.map({42, 903'000}, 34'000)->sequence == 1002);
}

TEST_CASE("another piece goes on after the highest number, later by the time that has passed") {
  Splicer splicer({1000, 5000});
  splicer.join(1, {40, 0}, 0);
  static_cast<void>(splicer.map({40, 0}, 0));
  static_cast<void>(splicer.map({49, 3000}, 33'333));
  splicer.join(2, {70'000, 77}, 133'333);
  const auto next = splicer.map({70'000, 77}, 133'333);
  REQUIRE(next);
  CHECK(next->sequence == 1010);
  CHECK(next->timestamp == 5000 + 3000 + 9000);
}

TEST_CASE("a piece never begins with the timestamp of the last frame") {
  Splicer splicer({0, 100});
  splicer.join(1, {1, 1}, 50);
  static_cast<void>(splicer.map({1, 1}, 50));
  splicer.join(2, {1, 1}, 50);
  CHECK(splicer.map({1, 1}, 50)->timestamp == 101);
}

TEST_CASE("late packets from before a joint have no place") {
  Splicer splicer({0, 0});
  splicer.join(1, {10, 0}, 0);
  static_cast<void>(splicer.map({10, 0}, 0));
  CHECK(!splicer.map({9, 0}, 0));
}

TEST_CASE("what was put out is traced to its piece") {
  Splicer splicer({100, 0});
  splicer.join(7, {10, 500}, 0);
  static_cast<void>(splicer.map({12, 500}, 0));
  splicer.join(8, {5000, 900}, 0);
  static_cast<void>(splicer.map({5000, 900}, 0));
  CHECK(splicer.origin(101)->piece == 7);
  CHECK(splicer.origin(101)->sequence == 11);
  CHECK(splicer.origin(101)->timestamp_offset == -500);
  CHECK(splicer.origin(103)->piece == 8);
  CHECK(splicer.origin(103)->sequence == 5000);
  CHECK(!splicer.origin(104));
  CHECK(!splicer.origin(99));
}

TEST_CASE("pieces are forgotten after a while") {
  Splicer splicer({0, 0});
  for (int i = 0; i < 20; ++i) {
    splicer.join(i, {0, 0}, i);
    static_cast<void>(splicer.map({0, 0}, i));
  }
  CHECK(!splicer.origin(3));
  CHECK(splicer.origin(19)->piece == 19);
}
