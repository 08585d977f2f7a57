// The extension module: nothing but one register_* call a category, submodules mirroring the Python packages.
#include <pybind11/pybind11.h>

#include "bindings/register.hpp"

PYBIND11_MODULE(_native, m) {
  m.doc() = "Native core of chime_native. Use chime_native.audio, chime_native.rtp and chime_native.video.";
  m.attr("__version__") = CHIME_VERSION;
  auto rtp = m.def_submodule("rtp", "RTP packets, header extensions and RED.");
  chime::bindings::register_rtp(rtp);
  auto audio = m.def_submodule("audio", "Opus, levels, mixing, resampling, senders and receivers.");
  chime::bindings::register_audio(audio);
  auto video = m.def_submodule("video", "Pixel format conversion and scaling.");
  chime::bindings::register_video(video);
#ifdef CHIME_HAS_NET
  auto net = m.def_submodule("net", "SRTP and datagrams after the handshake.");
  chime::bindings::register_net(net);
#endif
  auto benchmark = m.def_submodule("benchmark", "The libraries as they are, for measuring against.");
  chime::bindings::register_benchmark(benchmark);
}
