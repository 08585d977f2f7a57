#include "bindings/register.hpp"

namespace chime::bindings {

void register_mixer(pybind11::module_& /*m*/) {}

}  // namespace chime::bindings
