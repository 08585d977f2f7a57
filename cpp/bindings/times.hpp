// Times as the engine takes them.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>

#include "stream/audio_receiver.hpp"

namespace chime::bindings {

inline void require_time(const char* name, std::int64_t value) {
  constexpr std::int64_t latest = stream::AudioReceiver::kLatestUs;
  if (value >= -latest && value <= latest) return;
  throw pybind11::value_error(std::string(name) + " must be microseconds of magnitude 2**53 at most, got " +
                              std::to_string(value));
}

}  // namespace chime::bindings
