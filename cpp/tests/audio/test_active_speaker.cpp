#include "audio/active_speaker.hpp"

#include <doctest/doctest.h>

using chime::audio::ActiveSpeakerRanking;

namespace {

constexpr std::int64_t kPacket = 20'000;  // us

// Both streams send a level with each packet, for so many seconds.
std::int64_t talk(ActiveSpeakerRanking& ranking, std::int64_t now_us, double seconds, std::uint8_t level_of_1,
                  std::uint8_t level_of_2) {
  for (int i = 0; i < static_cast<int>(seconds * 50); ++i) {
    ranking.update(1, level_of_1, level_of_1 < 60, now_us);
    ranking.update(2, level_of_2, level_of_2 < 60, now_us);
    now_us += kPacket;
  }
  return now_us;
}

}  // namespace

TEST_CASE("nobody dominates before anybody has talked") {
  ActiveSpeakerRanking ranking;
  CHECK_FALSE(ranking.dominant(0).has_value());
  const auto now = talk(ranking, 0, 1.0, 127, 90);
  CHECK_FALSE(ranking.dominant(now).has_value());
  CHECK(ranking.ranking(now).empty());
}

TEST_CASE("the one who talks comes first, and stays over a pause") {
  ActiveSpeakerRanking ranking;
  auto now = talk(ranking, 0, 2.0, 25, 127);
  CHECK(ranking.dominant(now) == 1);
  CHECK(ranking.ranking(now).front().key == 1);
  now = talk(ranking, now, 1.0, 127, 127);
  CHECK(ranking.dominant(now) == 1);
  now = talk(ranking, now, 30.0, 127, 127);
  CHECK(ranking.dominant(now) == 1);  // nobody else talks
  CHECK(ranking.ranking(now).empty());
}

TEST_CASE("a cough does not take over, a new speaker does within two seconds") {
  ActiveSpeakerRanking ranking;
  auto now = talk(ranking, 0, 5.0, 25, 127);
  now = talk(ranking, now, 0.3, 40, 5);
  CHECK(ranking.dominant(now) == 1);
  now = talk(ranking, now, 3.0, 25, 127);
  now = talk(ranking, now, 2.0, 127, 25);
  CHECK(ranking.dominant(now) == 2);
}

TEST_CASE("two who talk alike do not flutter") {
  ActiveSpeakerRanking ranking;
  auto now = talk(ranking, 0, 3.0, 30, 127);
  int changes = 0;
  for (int i = 0; i < 100; ++i) {
    now = talk(ranking, now, 0.1, i % 2 == 0 ? 30 : 27, i % 2 == 0 ? 27 : 30);
    if (ranking.dominant(now) != 1) ++changes;
  }
  CHECK(changes == 0);
}

TEST_CASE("noise that is not voice counts for little") {
  ActiveSpeakerRanking ranking;
  std::int64_t now = 0;
  for (int i = 0; i < 250; ++i, now += kPacket) {
    ranking.update(1, 20, false, now);
    ranking.update(2, 35, true, now);
  }
  CHECK(ranking.dominant(now) == 2);
}

TEST_CASE("one who stops sending fades, one who is removed is gone") {
  ActiveSpeakerRanking ranking;
  auto now = talk(ranking, 0, 3.0, 25, 30);
  now += 20'000'000;
  CHECK(ranking.ranking(now).empty());
  now = talk(ranking, now, 2.0, 25, 127);
  CHECK(ranking.dominant(now) == 1);
  ranking.remove(1);
  CHECK_FALSE(ranking.dominant(now).has_value());
}

TEST_CASE("a clock that goes back does no harm") {
  ActiveSpeakerRanking ranking;
  ranking.update(1, 20, true, 1'000'000);
  ranking.update(1, 20, true, 0);
  CHECK(ranking.ranking(500'000).empty());
}
