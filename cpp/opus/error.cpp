#include "opus/error.hpp"

#include <opus.h>

#include <string>

namespace chime::opus {

const char* describe(ErrorCode code) { return opus_strerror(code); }

Error::Error(const char* doing, ErrorCode code)
    : std::runtime_error(std::string(doing) + ": " + describe(code)), code_(code) {}

bool is_opus_rate(int sample_rate) {
  return sample_rate == 8000 || sample_rate == 12000 || sample_rate == 16000 || sample_rate == 24000 ||
         sample_rate == 48000;
}

void require_format(int sample_rate, int channels) {
  if (is_opus_rate(sample_rate)) {
    if (channels == 1 || channels == 2) return;
    throw std::invalid_argument("channels must be 1 or 2, got " + std::to_string(channels));
  }
  throw std::invalid_argument("sample rate must be 8000, 12000, 16000, 24000 or 48000 Hz, got " +
                              std::to_string(sample_rate));
}

const char* library_version() { return opus_get_version_string(); }

}  // namespace chime::opus
