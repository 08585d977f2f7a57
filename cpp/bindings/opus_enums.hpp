// Names of Opus' enumerations in Python.
#pragma once

#include <utility>

#include "opus/encoder.hpp"
#include "opus/packet.hpp"

namespace chime::bindings {

inline constexpr std::pair<const char*, opus::Application> kApplications[] = {
    {"voip", opus::Application::voip},
    {"audio", opus::Application::audio},
    {"low_delay", opus::Application::low_delay},
};
inline constexpr std::pair<const char*, opus::Mode> kModes[] = {
    {"silk", opus::Mode::silk},
    {"hybrid", opus::Mode::hybrid},
    {"celt", opus::Mode::celt},
};
inline constexpr std::pair<const char*, opus::Bandwidth> kBandwidths[] = {
    {"narrow", opus::Bandwidth::narrow}, {"medium", opus::Bandwidth::medium},
    {"wide", opus::Bandwidth::wide},     {"super_wide", opus::Bandwidth::super_wide},
    {"full", opus::Bandwidth::full},
};

}  // namespace chime::bindings
