// What libopus answers when it does not do as asked.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace chime::opus {

// An answer of libopus below zero (opus_defines.h).
using ErrorCode = int;

// libopus' own words for a code.
[[nodiscard]] const char* describe(ErrorCode code);

// Thrown when libopus does not make or set up a coder although the arguments are in range.
class Error : public std::runtime_error {
 public:
  Error(const char* doing, ErrorCode code);
  [[nodiscard]] ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

// Whether libopus codes PCM at this rate in Hz.
[[nodiscard]] bool is_opus_rate(int sample_rate);
// Throws std::invalid_argument unless libopus codes PCM of this form.
void require_format(int sample_rate, int channels);

// Version of the library in use, such as "libopus 1.3.1".
[[nodiscard]] const char* library_version();

}  // namespace chime::opus
