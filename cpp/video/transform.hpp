// Other sizes and sides of I420 pictures, by libyuv.
#pragma once

#include "video/frame.hpp"

namespace chime::video {

enum class ScaleFilter : std::uint8_t {
  none,      // nearest pixel
  bilinear,  // between neighbours; aliases when much smaller
  box,       // mean of all that a pixel covers when smaller, bilinear when larger
};

// Fills `to`, whatever the two shapes.
void scale(const ConstI420& from, const MutableI420& to, ScaleFilter filter);
// Left becomes right; both have the same size and do not overlap.
void mirror(const ConstI420& from, const MutableI420& to);

}  // namespace chime::video
