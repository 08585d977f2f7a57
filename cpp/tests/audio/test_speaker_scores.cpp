#include "audio/speaker_scores.hpp"

#include <doctest/doctest.h>

#include "tests/allocation_counter.hpp"

using chime::audio::SpeakerScoreOptions;
using chime::audio::SpeakerScores;

TEST_CASE("the doubles of the reference") {
  SpeakerScores scores(SpeakerScoreOptions{});
  CHECK(scores.update("ada", 1.0) == 1.0 - 0.9);
  CHECK(scores.update("ada", 0.3) == (1.0 - 0.9) * 0.9 + (1.0 - 0.9));
  CHECK(scores.size() == 1);
}

TEST_CASE("a volume at the threshold is silence") {
  SpeakerScores scores(SpeakerScoreOptions{});
  CHECK(scores.update("ada", 0.2) == 0.0);
  CHECK(scores.update("ada", 0.2000001) > 0.0);
}

TEST_CASE("who speaks takes from all others, down to nothing") {
  SpeakerScores scores(SpeakerScoreOptions{});
  for (int i = 0; i < 20; ++i) scores.update("ada", 1.0);
  const double before = scores.update("ada", 1.0);
  for (int i = 0; i < 3; ++i) scores.update("bob", 1.0);
  CHECK(scores.update("ada", 0.0) == doctest::Approx((before - 0.6) * 0.9));
  for (int i = 0; i < 3; ++i) scores.update("bob", 1.0);
  CHECK(scores.update("ada", 0.0) == 0.0);
}

TEST_CASE("a score below the cut-off is kept") {
  SpeakerScores scores(SpeakerScoreOptions{.cutoff_threshold = 0.15});
  CHECK(scores.update("ada", 1.0) == 0.0);
  CHECK(scores.update("ada", 1.0) > 0.15);
}

TEST_CASE("known speakers cost no allocation") {
  SpeakerScores scores(SpeakerScoreOptions{});
  scores.update("an attendee id of some length, as they are", 1.0);
  const auto before = chime::tests::allocations();
  scores.update("an attendee id of some length, as they are", 0.5);
  CHECK(chime::tests::allocations() == before);
}
