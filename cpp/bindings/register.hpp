// What each register_*.cpp offers to module.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace chime::bindings {

void register_rtp(pybind11::module_& m);
void register_audio(pybind11::module_& m);
void register_video(pybind11::module_& m);

}  // namespace chime::bindings
