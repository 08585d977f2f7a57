// The conference mixer over receivers and senders.
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "bindings/times.hpp"
#include "stream/audio_mixer.hpp"

namespace chime::bindings {
namespace {

using stream::AudioReceiver;
using stream::AudioSender;

// Ticks one at a time; all else may be called from any thread while it ticks.
using AudioMixer = OneThread<stream::AudioMixer>;

py::list tick(AudioMixer& self, std::int64_t now_us) {
  require_time("now_us", now_us);
  const auto use = self.use();
  const stream::PacketBatch* batch = nullptr;
  {
    Unlocked unlocked;  // receivers and senders are kept alive and locked by the core
    batch = &use->tick(now_us);
  }
  py::list packets(batch->entries().size());
  std::size_t index = 0;
  for (const auto& entry : batch->entries()) {
    packets[index++] = py::make_tuple(entry.key, to_bytes(batch->bytes(entry)));
  }
  return packets;
}

py::list levels(AudioMixer& self) {
  py::list result;
  for (const auto& level : self.shared().levels()) {
    result.append(py::make_tuple(level.key, level.level, level.voice_activity));
  }
  return result;
}

py::dict stats(AudioMixer& self) {
  const stream::AudioMixerStats stats = self.shared().stats();
  py::dict result;
  result["ticks"] = stats.ticks;
  result["packets_sent"] = stats.packets_sent;
  result["participants"] = stats.participants;
  result["heard"] = stats.heard;
  result["distinct_mixes"] = stats.distinct_mixes;
  result["listeners"] = stats.listeners;
  result["encodes"] = stats.encodes;
  return result;
}

// An unknown key is a KeyError, as in a dict.
template <typename Call>
void with_key_error(Call call) {
  try {
    call();
  } catch (const std::out_of_range& error) {
    throw py::key_error(error.what());
  }
}

}  // namespace

void register_mixer(py::module_& m) {
  py::class_<AudioMixer>(m, "AudioMixer",
                         "Receivers in, one tick, senders out; everyone hears all but their own group.")
      .def(py::init([](int sample_rate, int channels, int max_speakers) {
             return std::make_unique<AudioMixer>("AudioMixer", sample_rate, channels, max_speakers);
           }),
           py::kw_only(), py::arg("sample_rate") = 48000, py::arg("channels") = 1,
           py::arg("max_speakers") = 0)
      .def(
          "add",
          [](AudioMixer& self, std::int64_t key, std::shared_ptr<AudioReceiver> receiver,
             std::shared_ptr<AudioSender> sender, std::int64_t group,
             bool hears) { self.shared().add(key, std::move(receiver), std::move(sender), group, hears); },
          py::arg("key"), py::arg("receiver").none(true), py::arg("sender").none(true), py::arg("group"),
          py::arg("hears") = true)
      .def(
          "remove",
          [](AudioMixer& self, std::int64_t key) { with_key_error([&] { self.shared().remove(key); }); },
          py::arg("key"))
      .def(
          "set_muted",
          [](AudioMixer& self, std::int64_t key, bool muted) {
            with_key_error([&] { self.shared().set_muted(key, muted); });
          },
          py::arg("key"), py::arg("muted"))
      .def(
          "set_hears",
          [](AudioMixer& self, std::int64_t key, bool hears) {
            with_key_error([&] { self.shared().set_hears(key, hears); });
          },
          py::arg("key"), py::arg("hears"))
      .def("tick", &tick, py::arg("now_us"))
      .def("levels", &levels)
      .def("stats", &stats);
}

}  // namespace chime::bindings
