// Codecs and payload types of video as Python says them.
#pragma once

#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "stream/video_source.hpp"

namespace chime::bindings {

namespace py = pybind11;

using PayloadTypes = std::vector<std::tuple<std::uint8_t, std::string, std::optional<std::uint8_t>>>;

inline constexpr std::array<std::pair<const char*, video::Codec>, 3> kCodecs = {
    {{"VP8", video::Codec::vp8}, {"VP9", video::Codec::vp9}, {"H264", video::Codec::h264}}};

inline video::Codec codec_of(const std::string& name) {
  for (const auto& [text, codec] : kCodecs) {
    if (name == text) return codec;
  }
  throw py::value_error("codec is '" + name + "', allowed are 'VP8', 'VP9', 'H264'");
}

inline const char* name_of(video::Codec codec) {
  for (const auto& [text, value] : kCodecs) {
    if (value == codec) return text;
  }
  return "";
}

inline std::vector<stream::VideoPayloadType> payload_types_of(const PayloadTypes& given) {
  std::vector<stream::VideoPayloadType> result;
  for (const auto& [number, codec, rtx] : given) result.push_back({number, codec_of(codec), rtx});
  return result;
}

}  // namespace chime::bindings
