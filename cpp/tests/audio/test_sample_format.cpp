#include "audio/sample_format.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using chime::audio::to_float32;
using chime::audio::to_int16;

TEST_CASE("every 16-bit sample comes back from float as it was") {
  std::vector<std::int16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::int16_t>(static_cast<int>(i) - 32768);
  std::vector<float> floats(all.size());
  to_float32(all, floats);
  CHECK(floats.front() == -1.0F);
  CHECK(floats[32768] == 0.0F);
  CHECK(floats.back() == 32767.0F / 32768.0F);
  std::vector<std::int16_t> back(all.size());
  to_int16(floats, back);
  CHECK(back == all);
}

TEST_CASE("floats round to nearest even and are held within 16 bits") {
  const float unit = 1.0F / 32768.0F;
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> in = {0.5F * unit,     1.5F * unit, 2.5F * unit, -0.5F * unit,  -1.5F * unit,
                                 0.49F * unit,    1.0F,        -1.0F,       1e9F,          -1e9F,
                                 infinity,        -infinity,   -0.0F,       std::nanf(""), -std::nanf(""),
                                 32767.6F * unit, 1e-30F};
  const std::vector<std::int16_t> expected = {0,      2,     2,      0, -2, 0, 32767, -32768, 32767,
                                              -32768, 32767, -32768, 0, 0,  0, 32767, 0};
  std::vector<std::int16_t> out(in.size());
  to_int16(in, out);
  CHECK(out == expected);
}
