// Many receivers pulled in one call.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "bindings/times.hpp"
#include "stream/audio_receiver_group.hpp"

namespace chime::bindings {

namespace {

using stream::AudioReceiver;

// Pulls one at a time; all else may be called from any thread while it pulls.
using AudioReceiverGroup = OneThread<stream::AudioReceiverGroup>;

// A meeting's decoding is worth a few cores, not all of a large machine.
constexpr unsigned kUsualThreads = 4;

std::unique_ptr<AudioReceiverGroup> make_group(int sample_rate, int channels, std::optional<int> threads) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  return std::make_unique<AudioReceiverGroup>(
      "AudioReceiverGroup", sample_rate, channels,
      threads.value_or(static_cast<int>(std::min(kUsualThreads, cores))));
}

template <typename T>
void require_shape(const Array<T>& array, const char* name, std::initializer_list<std::size_t> wanted) {
  std::string text;
  bool same = array.ndim() == static_cast<int>(wanted.size());
  int axis = 0;
  for (const std::size_t extent : wanted) {
    same = same && array.shape(axis) == extent;
    text += (axis++ > 0 ? ", " : "") + std::to_string(extent);
  }
  if (same) return;
  throw py::value_error(std::string(name) + " must have shape (" + text + (wanted.size() == 1 ? ",)" : ")") +
                        ", got " + array.shape_text());
}

py::object pull(AudioReceiverGroup& self, py::object out, const py::object& levels,
                std::optional<std::int64_t> now_us) {
  if (now_us) require_time("now_us", *now_us);
  const auto use = self.use();
  stream::AudioReceiverGroup::Pull next(*use.operator->());
  const std::size_t streams = next.streams();
  if (out.is_none()) {
    out = py::array_t<std::int16_t>({static_cast<py::ssize_t>(streams),
                                     static_cast<py::ssize_t>(use->block_frames()),
                                     static_cast<py::ssize_t>(use->channels())});
  }
  const Array<std::int16_t> blocks(out, "out");
  require_shape(blocks, "out", {streams, use->block_frames(), static_cast<std::size_t>(use->channels())});
  std::optional<Array<std::uint8_t>> measured;
  if (!levels.is_none()) {
    measured.emplace(levels, "levels");
    require_shape(*measured, "levels", {streams});
  }
  {
    // Safe: both buffers are held, receivers are kept alive by the pull, and no Python object is touched.
    const Unlocked unlocked;
    next.run(blocks.span(), measured ? measured->span() : std::span<std::uint8_t>(), now_us);
  }
  return out;
}

}  // namespace

void register_receiver_group(py::module_& m) {
  py::class_<AudioReceiverGroup>(m, "AudioReceiverGroup",
                                 "Many receivers pulled in one call, by a few threads.")
      .def(py::init(&make_group), py::kw_only(), py::arg("sample_rate") = 48000, py::arg("channels") = 1,
           py::arg("threads") = py::none())
      .def(
          "add",
          [](AudioReceiverGroup& self, std::int64_t key, std::shared_ptr<AudioReceiver> receiver) {
            self.shared().add(key, std::move(receiver));
          },
          py::arg("key"), py::arg("receiver").none(false))
      .def(
          "remove",
          [](AudioReceiverGroup& self, std::int64_t key) {
            try {
              self.shared().remove(key);
            } catch (const std::out_of_range& error) {
              throw py::key_error(error.what());
            }
          },
          py::arg("key"))
      .def("pull", &pull, py::arg("out") = py::none(), py::kw_only(), py::arg("levels") = py::none(),
           py::arg("now_us") = py::none())
      .def_property_readonly("keys", [](AudioReceiverGroup& self) { return self.shared().keys(); })
      .def("__len__", [](AudioReceiverGroup& self) { return self.shared().size(); })
      .def_property_readonly("threads",
                             [](const AudioReceiverGroup& self) { return self.constants().threads(); })
      .def_property_readonly("sample_rate",
                             [](const AudioReceiverGroup& self) { return self.constants().sample_rate(); })
      .def_property_readonly("channels",
                             [](const AudioReceiverGroup& self) { return self.constants().channels(); });
}

}  // namespace chime::bindings
