// Between I420 and packed RGB, by libyuv.
#pragma once

#include <cstdint>

#include "video/frame.hpp"

namespace chime::video {

// `pixels` has height rows of width pixels without gaps; alpha is written as 255.
void i420_to_pixels(const ConstI420& from, PixelOrder order, Colour colour, std::uint8_t* pixels);

// Alpha is not read. libyuv has no way to BT.709, so Colour::bt709 is not allowed (false, and nothing is
// written).
[[nodiscard]] bool pixels_to_i420(const std::uint8_t* pixels, PixelOrder order, Colour colour,
                                  const MutableI420& to);

}  // namespace chime::video
