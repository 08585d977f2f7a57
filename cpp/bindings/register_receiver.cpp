#include "bindings/register.hpp"

namespace chime::bindings {

void register_receiver(pybind11::module_& /*m*/) {}

}  // namespace chime::bindings
