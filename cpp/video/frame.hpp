// Pictures as memory: where the planes are, and nothing else. Nobody owns what these point to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chime::video {

// Packed pixels, by the order of their bytes in memory.
enum class PixelOrder : std::uint8_t { rgb, bgr, rgba, bgra };

[[nodiscard]] constexpr int bytes_per_pixel(PixelOrder order) noexcept {
  return order == PixelOrder::rgb || order == PixelOrder::bgr ? 3 : 4;
}

// How luma and chroma relate to RGB: BT.601 and BT.709 with 16 to 235 for black to white, as video codecs
// have it, or BT.601 with the full range of JPEG files.
enum class Colour : std::uint8_t { bt601, bt709, jpeg };

// A plane of luma, then one of each chroma at half the width and half the height, one after another without
// gaps: what codecs take and PyAV and OpenCV call yuv420p. Width and height are even.
template <typename Byte>
struct I420 {
  Byte* data = nullptr;
  int width = 0;
  int height = 0;

  [[nodiscard]] Byte* y() const noexcept { return data; }
  [[nodiscard]] Byte* u() const noexcept { return data + luma_size(); }
  [[nodiscard]] Byte* v() const noexcept { return u() + luma_size() / 4; }
  [[nodiscard]] int y_stride() const noexcept { return width; }
  [[nodiscard]] int uv_stride() const noexcept { return width / 2; }

 private:
  [[nodiscard]] std::ptrdiff_t luma_size() const noexcept {
    return static_cast<std::ptrdiff_t>(width) * height;
  }
};

using ConstI420 = I420<const std::uint8_t>;
using MutableI420 = I420<std::uint8_t>;

}  // namespace chime::video
