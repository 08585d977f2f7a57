// What each register_*.cpp offers: module.cpp calls one a submodule, register_audio.cpp one a category of its
// own.
#pragma once

#include <pybind11/pybind11.h>

namespace chime::bindings {

void register_rtp(pybind11::module_& m);
void register_audio(pybind11::module_& m);
void register_video(pybind11::module_& m);
void register_net(pybind11::module_& m);
void register_benchmark(pybind11::module_& m);

// Categories of the video submodule.
void register_forwarder(pybind11::module_& m);
void register_video_streams(pybind11::module_& m);

// Categories of the audio submodule.
void register_opus(pybind11::module_& m);
void register_signal(pybind11::module_& m);
void register_receiver(pybind11::module_& m);
void register_receiver_group(pybind11::module_& m);
void register_sender(pybind11::module_& m);
void register_mixer(pybind11::module_& m);

}  // namespace chime::bindings
