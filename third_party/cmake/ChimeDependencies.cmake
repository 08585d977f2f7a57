# Finds the native libraries the engine wraps; see third_party/README.md for versions and licences.
# All that is missing is reported at once, by the name of the package that brings it.
include(FindPackageHandleStandardArgs)
find_package(PkgConfig QUIET)

set(_chime_missing "")

# chime_find(<target> <header> <library> <package> [<pkg-config module>])
function(chime_find target header library package)
  if(ARGC GREATER 4 AND PKG_CONFIG_FOUND)
    pkg_check_modules(PC_${library} QUIET ${ARGV4})
  endif()
  find_path(CHIME_${library}_INCLUDE_DIR ${header} HINTS ${PC_${library}_INCLUDE_DIRS} PATH_SUFFIXES opus)
  find_library(CHIME_${library}_LIBRARY ${library} HINTS ${PC_${library}_LIBRARY_DIRS})
  mark_as_advanced(CHIME_${library}_INCLUDE_DIR CHIME_${library}_LIBRARY)
  if(NOT CHIME_${library}_INCLUDE_DIR OR NOT CHIME_${library}_LIBRARY)
    set(_chime_missing "${_chime_missing};lib${library} (Debian: ${package}; header ${header})" PARENT_SCOPE)
    return()
  endif()
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${CHIME_${library}_LIBRARY}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${CHIME_${library}_INCLUDE_DIR}
    INTERFACE_INCLUDE_DIRECTORIES ${CHIME_${library}_INCLUDE_DIR})
endfunction()

chime_find(Opus::opus opus.h opus libopus-dev opus)
chime_find(Yuv::yuv libyuv.h yuv libyuv-dev)
chime_find(SpeexDSP::speexdsp speex/speex_resampler.h speexdsp libspeexdsp-dev speexdsp)

# Not needed for anything but speed: without it aiortc's SRTP and sockets carry the media.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(_chime_needed "${_chime_missing}")
  chime_find(SRTP::srtp2 srtp2/srtp.h srtp2 libsrtp2-dev libsrtp2)
  set(_chime_missing "${_chime_needed}")
endif()
if(NOT TARGET SRTP::srtp2)
  message(STATUS "chime-native: without libsrtp2 (Debian: libsrtp2-dev) media is encrypted and sent by Python")
endif()

if(_chime_missing)
  list(FILTER _chime_missing EXCLUDE REGEX "^$")
  list(JOIN _chime_missing "\n  - " _chime_missing)
  message(FATAL_ERROR "chime-native: missing native libraries:\n  - ${_chime_missing}\n"
    "On Debian or Ubuntu: apt-get install libopus-dev libyuv-dev libspeexdsp-dev")
endif()
