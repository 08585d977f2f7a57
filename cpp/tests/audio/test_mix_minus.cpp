#include "audio/mix_minus.hpp"

#include <doctest/doctest.h>

#include <vector>

using chime::audio::mix_minus;

TEST_CASE("each row is the sum of the others") {
  const std::vector<std::int16_t> rows = {1, 2, 10, 20, 100, 200};
  std::vector<std::int16_t> out(rows.size());
  mix_minus(rows, 3, 1, {}, out);
  CHECK(out == std::vector<std::int16_t>{110, 220, 101, 202, 11, 22});
}

TEST_CASE("a group does not hear itself") {
  const std::vector<std::int16_t> rows = {1, 2, 10, 20, 100, 200, 1000, 2000};
  const std::vector<std::int64_t> groups = {7, -1, 7, 3};
  std::vector<std::int16_t> out(rows.size());
  mix_minus(rows, 4, 2, groups, out);
  CHECK(out == std::vector<std::int16_t>{1010, 2020, 1101, 2202, 1010, 2020, 111, 222});
}

TEST_CASE("alone one hears nothing, and none is nothing") {
  const std::vector<std::int16_t> row = {1, -2, 3};
  std::vector<std::int16_t> out(3, 9);
  mix_minus(row, 1, 1, {}, out);
  CHECK(out == std::vector<std::int16_t>{0, 0, 0});
  mix_minus({}, 0, 1, {}, {});
}

TEST_CASE("sums beyond 16 bits keep their shape") {
  const std::vector<std::int16_t> rows = {30000, -15000, 30000, -15000, 0, 0};
  std::vector<std::int16_t> out(rows.size());
  mix_minus(rows, 3, 1, {}, out);
  CHECK(out[4] == 32767);
  CHECK(out[5] < -16000);
  CHECK(out[5] > -30001);
}
