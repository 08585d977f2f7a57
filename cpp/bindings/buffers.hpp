// The only array code of the bindings: checked input through the buffer protocol, and arrays that own their
// memory. Nothing here converts: a wrong dtype or layout is refused with what came and what is wanted.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace chime::bindings {

namespace py = pybind11;

// Name, buffer-protocol format and NumPy type number of the element types that cross.
template <typename T>
struct Element;
template <>
struct Element<std::uint8_t> {
  static constexpr const char* name = "uint8";
  static constexpr char format = 'B';
  static constexpr int numpy = py::detail::npy_api::NPY_UBYTE_;
};
template <>
struct Element<std::int16_t> {
  static constexpr const char* name = "int16";
  static constexpr char format = 'h';
  static constexpr int numpy = py::detail::npy_api::NPY_SHORT_;
};
template <>
struct Element<float> {
  static constexpr const char* name = "float32";
  static constexpr char format = 'f';
  static constexpr int numpy = py::detail::npy_api::NPY_FLOAT_;
};
template <>
struct Element<double> {
  static constexpr const char* name = "float64";
  static constexpr char format = 'd';
  static constexpr int numpy = py::detail::npy_api::NPY_DOUBLE_;
};

// Whether `object` is an ndarray (and no subclass) of T in native byte order.
template <typename T>
bool is_ndarray_of(py::handle object) {
  const auto* ndarray = reinterpret_cast<PyTypeObject*>(py::detail::npy_api::get().PyArray_Type_);
  if (Py_TYPE(object.ptr()) != ndarray) return false;
  const auto* element = py::detail::array_descriptor_proxy(py::detail::array_proxy(object.ptr())->descr);
  return element->type_num == Element<T>::numpy && (element->byteorder == '=' || element->byteorder == '|');
}

// The message of the Python error that is set, which is cleared.
inline std::string take_error() {
  const py::error_already_set error;
  return py::str(error.value());
}

// Holds the buffer of a Python object while it lives; create and destroy it with the GIL held. `data()` may
// be used with the GIL released: the held buffer keeps the memory in place. Array<const T> reads, Array<T>
// writes (and refuses read-only memory).
template <typename T>
class Array {
  using Value = std::remove_const_t<T>;

 public:
  // `name` is the argument's name, for messages.
  Array(py::handle object, const char* name) : name_(name) {
    if (take_ndarray(object)) return;
    constexpr int access = std::is_const_v<T> ? 0 : PyBUF_WRITABLE;
    if (!PyObject_CheckBuffer(object.ptr())) {
      throw py::type_error(wanted() + ", got " + Py_TYPE(object.ptr())->tp_name);
    }
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | access) != 0) {
      const std::string reason = take_error();
      throw py::value_error(wanted() + (std::is_const_v<T> ? "" : " that can be written to") + ": " + reason);
    }
    if (view_.itemsize != sizeof(Value) || !matches(view_.format)) {
      std::string got = view_.format != nullptr ? view_.format : "B";
      PyBuffer_Release(&view_);
      throw py::type_error(wanted() + ", got elements of format '" + got + "'");
    }
  }
  ~Array() {
    PyBuffer_Release(&view_);
    Py_XDECREF(ndarray_);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  [[nodiscard]] T* data() const { return static_cast<T*>(view_.buf); }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(view_.len) / sizeof(Value); }
  [[nodiscard]] std::span<T> span() const { return {data(), size()}; }
  [[nodiscard]] int ndim() const { return view_.ndim; }
  [[nodiscard]] std::size_t shape(int axis) const { return static_cast<std::size_t>(view_.shape[axis]); }

  // Frames of an array of shape (frames, channels); a one-dimensional array is mono.
  [[nodiscard]] std::size_t frames(int channels) const {
    const bool fits = view_.ndim == 2 ? view_.shape[1] == channels : view_.ndim == 1 ? channels == 1 : false;
    if (!fits) throw py::value_error(shape_message("(frames, " + std::to_string(channels) + ")"));
    return static_cast<std::size_t>(view_.shape[0]);
  }
  // Channels of an array of shape (frames, channels).
  [[nodiscard]] int channels() const {
    if (view_.ndim == 1) return 1;
    if (view_.ndim != 2) throw py::value_error(shape_message("(frames, channels)"));
    return static_cast<int>(view_.shape[1]);
  }
  // Refuses every shape but (frames, channels).
  void require_shape(std::size_t frames_wanted, int channels_wanted) const {
    if (frames(channels_wanted) != frames_wanted) {
      throw py::value_error(
          shape_message("(" + std::to_string(frames_wanted) + ", " + std::to_string(channels_wanted) + ")"));
    }
  }
  // Refuses every shape but that of `other`.
  template <typename U>
  void require_same_shape(const Array<U>& other) const {
    bool same = ndim() == other.ndim();
    for (int axis = 0; same && axis < ndim(); ++axis) same = shape(axis) == other.shape(axis);
    if (!same) throw py::value_error(shape_message(other.shape_text()));
  }
  // The shape as Python writes it.
  [[nodiscard]] std::string shape_text() const {
    std::string text = "(";
    for (int axis = 0; axis < view_.ndim; ++axis) {
      if (axis > 0) text += ", ";
      text += std::to_string(view_.shape[axis]);
    }
    return text + (view_.ndim == 1 ? ",)" : ")");
  }

 private:
  static bool matches(const char* format) {
    if (format == nullptr) return Element<Value>::format == 'B';
    if (*format == '@' || *format == '=') ++format;
    return format[0] == Element<Value>::format && format[1] == '\0';
  }
  [[nodiscard]] std::string wanted() const {
    return std::string(name_) + " must be C-contiguous memory of " + Element<Value>::name;
  }
  [[nodiscard]] std::string shape_message(const std::string& wanted_shape) const {
    return std::string(name_) + " must have shape " + wanted_shape + ", got " + shape_text();
  }

  // The short way for ndarrays as wanted, several times faster than the buffer protocol, which is left to say
  // what is wrong with others. Our reference keeps the memory: ndarray.resize() refuses while there is one.
  bool take_ndarray(py::handle object) {
    if (!is_ndarray_of<Value>(object)) return false;
    const auto* array = py::detail::array_proxy(object.ptr());
    constexpr int needed = py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_ |
                           py::detail::npy_api::NPY_ARRAY_ALIGNED_ |
                           (std::is_const_v<T> ? 0 : py::detail::npy_api::NPY_ARRAY_WRITEABLE_);
    if ((array->flags & needed) != needed) return false;
    view_.buf = array->data;
    view_.itemsize = sizeof(Value);
    view_.ndim = array->nd;
    view_.shape = array->dimensions;
    view_.len = sizeof(Value);
    for (int axis = 0; axis < array->nd; ++axis) view_.len *= array->dimensions[axis];
    ndarray_ = object.inc_ref().ptr();
    return true;
  }

  const char* name_;
  Py_buffer view_{};
  PyObject* ndarray_ = nullptr;  // held instead of a buffer
};

// Bytes of anything with the buffer protocol, whatever its element type (bytes, bytearray, memoryview,
// ndarray).
class Bytes {
 public:
  Bytes(py::handle object, const char* name) {
    if (PyBytes_CheckExact(object.ptr())) {
      // The short way: bytes never move or change, a reference keeps them.
      view_.buf = PyBytes_AS_STRING(object.ptr());
      view_.len = PyBytes_GET_SIZE(object.ptr());
      bytes_ = object.inc_ref().ptr();
      return;
    }
    if (!PyObject_CheckBuffer(object.ptr())) {
      throw py::type_error(std::string(name) + " must be bytes-like, got " + Py_TYPE(object.ptr())->tp_name);
    }
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) {
      const std::string reason = take_error();
      throw py::value_error(std::string(name) + " must be contiguous: " + reason);
    }
  }
  ~Bytes() {
    PyBuffer_Release(&view_);
    Py_XDECREF(bytes_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  [[nodiscard]] std::span<const std::uint8_t> span() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
  PyObject* bytes_ = nullptr;  // held instead of a buffer
};

// A new, uninitialised array of shape (frames, channels) that owns its memory; the core writes into it.
template <typename T>
py::array_t<T> new_frames(std::size_t frames, int channels) {
  return py::array_t<T>({static_cast<py::ssize_t>(frames), static_cast<py::ssize_t>(channels)});
}

inline py::bytes to_bytes(std::span<const std::uint8_t> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

}  // namespace chime::bindings
