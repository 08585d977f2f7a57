// Pixel formats and sizes of video frames.
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "video/convert.hpp"
#include "video/transform.hpp"

namespace chime::bindings {
namespace {

using video::Colour;
using video::ConstI420;
using video::MutableI420;
using video::PixelOrder;
using video::ScaleFilter;

// libyuv counts in int, and this many pixels of a side fit with room.
constexpr std::size_t kMaxSide = 16384;

template <typename Value, std::size_t N>
Value choice(const std::array<std::pair<const char*, Value>, N>& choices, const std::string& given,
             const char* name) {
  std::string allowed;
  for (const auto& [text, value] : choices) {
    if (given == text) return value;
    allowed += (allowed.empty() ? "'" : ", '") + std::string(text) + "'";
  }
  throw py::value_error(std::string(name) + " is '" + given + "', allowed are " + allowed);
}

PixelOrder order_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, PixelOrder>, 4> choices = {{{"rgb", PixelOrder::rgb},
                                                                          {"bgr", PixelOrder::bgr},
                                                                          {"rgba", PixelOrder::rgba},
                                                                          {"bgra", PixelOrder::bgra}}};
  return choice(choices, name, "order");
}

Colour colour_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, Colour>, 3> choices = {
      {{"bt601", Colour::bt601}, {"bt709", Colour::bt709}, {"jpeg", Colour::jpeg}}};
  return choice(choices, name, "colour");
}

ScaleFilter filter_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, ScaleFilter>, 3> choices = {
      {{"none", ScaleFilter::none}, {"bilinear", ScaleFilter::bilinear}, {"box", ScaleFilter::box}}};
  return choice(choices, name, "filtering");
}

void require_size(std::size_t width, std::size_t height, const char* name) {
  const bool even = width % 2 == 0 && height % 2 == 0;
  if (even && width >= 2 && height >= 2 && width <= kMaxSide && height <= kMaxSide) return;
  throw py::value_error(std::string(name) + " must have even width and height of 2 to 16384, got " +
                        std::to_string(width) + " x " + std::to_string(height));
}

// An array of shape (height * 3 / 2, width).
template <typename Byte>
video::I420<Byte> as_i420(const Array<Byte>& array, const char* name) {
  if (array.ndim() != 2 || array.shape(0) % 3 != 0) {
    throw py::value_error(std::string(name) + " must have shape (height * 3 / 2, width), got " +
                          array.shape_text());
  }
  const std::size_t height = array.shape(0) / 3 * 2;
  require_size(array.shape(1), height, name);
  return {array.data(), static_cast<int>(array.shape(1)), static_cast<int>(height)};
}

using Frame = py::array_t<std::uint8_t>;

py::object output(const py::object& out, std::initializer_list<py::ssize_t> shape) {
  if (!out.is_none()) return out;
  return Frame(std::vector<py::ssize_t>(shape));
}

void require_shape(const Array<std::uint8_t>& out, std::initializer_list<py::ssize_t> shape) {
  bool same = out.ndim() == static_cast<int>(shape.size());
  std::string wanted;
  int axis = 0;
  for (const py::ssize_t side : shape) {
    same = same && out.shape(axis) == static_cast<std::size_t>(side);
    ++axis;
    wanted += (wanted.empty() ? "(" : ", ") + std::to_string(side);
  }
  if (!same) throw py::value_error("out must have shape " + wanted + "), got " + out.shape_text());
}

py::object i420_to_rgb(py::handle frame, const std::string& order, const std::string& colour,
                       const py::object& out) {
  const Array<const std::uint8_t> in(frame, "frame");
  const ConstI420 from = as_i420(in, "frame");
  const PixelOrder pixel_order = order_of(order);
  const Colour matrix = colour_of(colour);
  const std::initializer_list<py::ssize_t> shape = {from.height, from.width,
                                                    video::bytes_per_pixel(pixel_order)};
  py::object result = output(out, shape);
  const Array<std::uint8_t> to(result, "out");
  require_shape(to, shape);
  const MaybeUnlocked unlocked(to.size());  // only the held buffers are touched
  video::i420_to_pixels(from, pixel_order, matrix, to.data());
  return result;
}

py::object rgb_to_i420(py::handle pixels, const std::string& order, const std::string& colour,
                       const py::object& out) {
  const Array<const std::uint8_t> in(pixels, "pixels");
  const PixelOrder pixel_order = order_of(order);
  const Colour matrix = colour_of(colour);
  if (matrix == Colour::bt709) throw py::value_error("colour is 'bt709', allowed are 'bt601', 'jpeg'");
  const auto depth = static_cast<std::size_t>(video::bytes_per_pixel(pixel_order));
  if (in.ndim() != 3 || in.shape(2) != depth) {
    throw py::value_error("pixels must have shape (height, width, " + std::to_string(depth) +
                          ") for order '" + order + "', got " + in.shape_text());
  }
  require_size(in.shape(1), in.shape(0), "pixels");
  const auto width = static_cast<int>(in.shape(1));
  const auto height = static_cast<int>(in.shape(0));
  const std::initializer_list<py::ssize_t> shape = {height * 3 / 2, width};
  py::object result = output(out, shape);
  const Array<std::uint8_t> to(result, "out");
  require_shape(to, shape);
  const MaybeUnlocked unlocked(in.size());  // only the held buffers are touched
  static_cast<void>(video::pixels_to_i420(in.data(), pixel_order, matrix, {to.data(), width, height}));
  return result;
}

py::object scale_i420(py::handle frame, std::size_t width, std::size_t height, const std::string& filter,
                      const py::object& out) {
  const Array<const std::uint8_t> in(frame, "frame");
  const ConstI420 from = as_i420(in, "frame");
  const ScaleFilter kind = filter_of(filter);
  require_size(width, height, "the scaled frame");
  const auto rows = static_cast<py::ssize_t>(height * 3 / 2);
  const std::initializer_list<py::ssize_t> shape = {rows, static_cast<py::ssize_t>(width)};
  py::object result = output(out, shape);
  const Array<std::uint8_t> to(result, "out");
  require_shape(to, shape);
  const MaybeUnlocked unlocked(in.size());  // only the held buffers are touched
  video::scale(from, {to.data(), static_cast<int>(width), static_cast<int>(height)}, kind);
  return result;
}

py::object mirror_i420(py::handle frame, const py::object& out) {
  const Array<const std::uint8_t> in(frame, "frame");
  const ConstI420 from = as_i420(in, "frame");
  const std::initializer_list<py::ssize_t> shape = {from.height * 3 / 2, from.width};
  py::object result = output(out, shape);
  const Array<std::uint8_t> to(result, "out");
  require_shape(to, shape);
  if (to.data() == in.data()) throw py::value_error("out must not be the frame itself");
  const MaybeUnlocked unlocked(in.size());  // only the held buffers are touched
  video::mirror(from, {to.data(), from.width, from.height});
  return result;
}

}  // namespace

void register_video(py::module_& m) {
  m.def("i420_to_rgb", &i420_to_rgb, py::arg("frame"), py::kw_only(), py::arg("order") = "rgb",
        py::arg("colour") = "bt601", py::arg("out") = py::none(), "I420 to packed pixels.");
  m.def("rgb_to_i420", &rgb_to_i420, py::arg("pixels"), py::kw_only(), py::arg("order") = "rgb",
        py::arg("colour") = "bt601", py::arg("out") = py::none(), "Packed pixels to I420.");
  m.def("scale_i420", &scale_i420, py::arg("frame"), py::arg("width"), py::arg("height"), py::kw_only(),
        py::arg("filtering") = "box", py::arg("out") = py::none(), "I420 at another size.");
  m.def("mirror_i420", &mirror_i420, py::arg("frame"), py::kw_only(), py::arg("out") = py::none(),
        "I420 with left and right exchanged.");
  register_forwarder(m);
  register_video_streams(m);
}

}  // namespace chime::bindings
