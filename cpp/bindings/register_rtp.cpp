#include "bindings/register.hpp"

namespace chime::bindings {

void register_rtp(pybind11::module_& /*m*/) {}

}  // namespace chime::bindings
