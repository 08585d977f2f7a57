#include "video/convert.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

using namespace chime::video;

namespace {

struct Picture {
  Picture(int w, int h) : memory(static_cast<std::size_t>(w * h * 3 / 2)), width(w), height(h) {}
  [[nodiscard]] ConstI420 view() const { return {memory.data(), width, height}; }
  [[nodiscard]] MutableI420 writable() { return {memory.data(), width, height}; }

  std::vector<std::uint8_t> memory;
  int width;
  int height;
};

}  // namespace

TEST_CASE("pure colours come out in the order that was asked for, and go back") {
  const Picture red = [] {
    Picture picture(4, 2);  // BT.601 red: Y 82, U 90, V 240
    std::fill_n(picture.writable().y(), 8, 82);
    std::fill_n(picture.writable().u(), 2, 90);
    std::fill_n(picture.writable().v(), 2, 240);
    return picture;
  }();
  for (const auto order : {PixelOrder::rgb, PixelOrder::bgr, PixelOrder::rgba, PixelOrder::bgra}) {
    const auto size = static_cast<std::size_t>(bytes_per_pixel(order));
    std::vector<std::uint8_t> pixels(8 * size);
    i420_to_pixels(red.view(), order, Colour::bt601, pixels.data());
    const bool red_first = order == PixelOrder::rgb || order == PixelOrder::rgba;
    CHECK(pixels[red_first ? 0 : 2] >= 252);
    CHECK(pixels[1] <= 3);
    CHECK(pixels[red_first ? 2 : 0] <= 3);
    if (size == 4) CHECK(pixels[3] == 255);
    Picture back(4, 2);
    REQUIRE(pixels_to_i420(pixels.data(), order, Colour::bt601, back.writable()));
    for (std::size_t i = 0; i < back.memory.size(); ++i) CHECK(std::abs(back.memory[i] - red.memory[i]) <= 2);
  }
}

TEST_CASE("there is no way to BT.709") {
  std::vector<std::uint8_t> pixels(24);
  Picture picture(4, 2);
  CHECK_FALSE(pixels_to_i420(pixels.data(), PixelOrder::rgb, Colour::bt709, picture.writable()));
}
