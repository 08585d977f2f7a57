#include "video/transform.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using namespace chime::video;

TEST_CASE("a flat picture stays flat at any size") {
  std::vector<std::uint8_t> from(64 * 36 * 3 / 2, 77);
  for (const auto filter : {ScaleFilter::none, ScaleFilter::bilinear, ScaleFilter::box}) {
    std::vector<std::uint8_t> to(20 * 90 * 3 / 2);
    scale(ConstI420{from.data(), 64, 36}, MutableI420{to.data(), 20, 90}, filter);
    for (const auto value : to) CHECK(value == 77);
  }
}

TEST_CASE("a mirror turns every row of every plane around") {
  std::vector<std::uint8_t> from(4 * 2 * 3 / 2);
  std::iota(from.begin(), from.end(), std::uint8_t{0});
  std::vector<std::uint8_t> to(from.size());
  mirror(ConstI420{from.data(), 4, 2}, MutableI420{to.data(), 4, 2});
  CHECK(to == std::vector<std::uint8_t>{3, 2, 1, 0, 7, 6, 5, 4, 9, 8, 11, 10});
}
