// Enumerations cross as strings, checked by name.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>
#include <utility>

namespace chime::bindings {

// The value of `text` among `names`, or ValueError that says what is allowed.
template <typename Enum, std::size_t N>
Enum parse_enum(const char* argument, std::string_view text, const std::pair<const char*, Enum> (&names)[N]) {
  std::string allowed;
  for (const auto& [name, value] : names) {
    if (text == name) return value;
    allowed += (allowed.empty() ? "'" : ", '") + std::string(name) + "'";
  }
  throw pybind11::value_error(std::string(argument) + " must be one of " + allowed + ", got '" +
                              std::string(text) + "'");
}

template <typename Enum, std::size_t N>
const char* enum_name(Enum wanted, const std::pair<const char*, Enum> (&names)[N]) {
  for (const auto& [name, value] : names) {
    if (value == wanted) return name;
  }
  return "unknown";
}

}  // namespace chime::bindings
