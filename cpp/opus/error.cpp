#include "opus/error.hpp"

#include <opus.h>

#include <string>

namespace chime::opus {

const char* describe(ErrorCode code) { return opus_strerror(code); }

Error::Error(const char* doing, ErrorCode code)
    : std::runtime_error(std::string(doing) + ": " + describe(code)), code_(code) {}

const char* library_version() { return opus_get_version_string(); }

}  // namespace chime::opus
