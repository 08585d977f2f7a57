// Named tuples made in C: cheap to build, immutable, and they unpack.
#pragma once

#include <pybind11/pybind11.h>

#include <initializer_list>

namespace chime::bindings {

namespace py = pybind11;

// A named tuple type of the module; its instances are made by make(), from new references in field order.
class StructSequence {
 public:
  StructSequence(py::module_& m, PyStructSequence_Desc& description, const char* name)
      : type_(PyStructSequence_NewType(&description)) {
    if (type_ == nullptr) throw py::error_already_set();
    m.add_object(name, py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(type_)));
  }

  [[nodiscard]] py::object make(std::initializer_list<PyObject*> items) const {
    auto result = py::reinterpret_steal<py::object>(PyStructSequence_New(type_));
    bool complete = static_cast<bool>(result);
    py::ssize_t index = 0;
    for (PyObject* item : items) {
      complete = complete && item != nullptr;
      if (result) {
        PyStructSequence_SetItem(result.ptr(), index++, item);  // takes the reference
      } else {
        Py_XDECREF(item);
      }
    }
    if (!complete) throw py::error_already_set();
    return result;
  }

 private:
  PyTypeObject* type_;
};

}  // namespace chime::bindings
