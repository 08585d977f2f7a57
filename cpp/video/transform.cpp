#include "video/transform.hpp"

#include <libyuv.h>

namespace chime::video {
namespace {

libyuv::FilterMode mode(ScaleFilter filter) {
  switch (filter) {
    case ScaleFilter::none:
      return libyuv::kFilterNone;
    case ScaleFilter::bilinear:
      return libyuv::kFilterBilinear;
    case ScaleFilter::box:
      break;
  }
  return libyuv::kFilterBox;
}

}  // namespace

void scale(const ConstI420& from, const MutableI420& to, ScaleFilter filter) {
  libyuv::I420Scale(from.y(), from.y_stride(), from.u(), from.uv_stride(), from.v(), from.uv_stride(),
                    from.width, from.height, to.y(), to.y_stride(), to.u(), to.uv_stride(), to.v(),
                    to.uv_stride(), to.width, to.height, mode(filter));
}

void mirror(const ConstI420& from, const MutableI420& to) {
  libyuv::I420Mirror(from.y(), from.y_stride(), from.u(), from.uv_stride(), from.v(), from.uv_stride(),
                     to.y(), to.y_stride(), to.u(), to.uv_stride(), to.v(), to.uv_stride(), to.width,
                     to.height);
}

}  // namespace chime::video
