#include "video/convert.hpp"

#include <libyuv.h>

namespace chime::video {
namespace {

// libyuv names pixels by their order in a little-endian word: its ARGB is B, G, R, A in memory, its RGB24 B,
// G, R. With the chroma planes exchanged and the matrix mirrored, red and blue change places.
const libyuv::YuvConstants& matrix(Colour colour, bool red_first) {
  switch (colour) {
    case Colour::bt709:
      return red_first ? libyuv::kYvuH709Constants : libyuv::kYuvH709Constants;
    case Colour::jpeg:
      return red_first ? libyuv::kYvuJPEGConstants : libyuv::kYuvJPEGConstants;
    case Colour::bt601:
      break;
  }
  return red_first ? libyuv::kYvuI601Constants : libyuv::kYuvI601Constants;
}

using ToI420 = int (*)(const std::uint8_t*, int, std::uint8_t*, int, std::uint8_t*, int, std::uint8_t*, int,
                       int, int);

ToI420 to_i420(PixelOrder order, bool full_range) {
  switch (order) {
    case PixelOrder::rgb:
      return full_range ? libyuv::RAWToJ420 : libyuv::RAWToI420;
    case PixelOrder::bgr:
      return full_range ? libyuv::RGB24ToJ420 : libyuv::RGB24ToI420;
    case PixelOrder::rgba:
      return full_range ? libyuv::ABGRToJ420 : libyuv::ABGRToI420;
    case PixelOrder::bgra:
      break;
  }
  return full_range ? libyuv::ARGBToJ420 : libyuv::ARGBToI420;
}

}  // namespace

void i420_to_pixels(const ConstI420& from, PixelOrder order, Colour colour, std::uint8_t* pixels) {
  const bool red_first = order == PixelOrder::rgb || order == PixelOrder::rgba;
  const auto convert = bytes_per_pixel(order) == 3 ? libyuv::I420ToRGB24Matrix : libyuv::I420ToARGBMatrix;
  const std::uint8_t* first_chroma = red_first ? from.v() : from.u();
  const std::uint8_t* second_chroma = red_first ? from.u() : from.v();
  convert(from.y(), from.y_stride(), first_chroma, from.uv_stride(), second_chroma, from.uv_stride(), pixels,
          from.width * bytes_per_pixel(order), &matrix(colour, red_first), from.width, from.height);
}

bool pixels_to_i420(const std::uint8_t* pixels, PixelOrder order, Colour colour, const MutableI420& to) {
  if (colour == Colour::bt709) return false;
  to_i420(order, colour == Colour::jpeg)(pixels, to.width * bytes_per_pixel(order), to.y(), to.y_stride(),
                                         to.u(), to.uv_stride(), to.v(), to.uv_stride(), to.width, to.height);
  return true;
}

}  // namespace chime::video
