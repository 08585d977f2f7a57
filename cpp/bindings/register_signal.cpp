// Levels, speech, sample formats, resampling, stateless mix-minus.
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/active_speaker.hpp"
#include "audio/level.hpp"
#include "audio/loudness.hpp"
#include "audio/mix_minus.hpp"
#include "audio/resampler.hpp"
#include "audio/sample_format.hpp"
#include "audio/speaker_scores.hpp"
#include "audio/speech.hpp"
#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/structseq.hpp"
#include "bindings/threads.hpp"

namespace chime::bindings {
namespace {

using LoudnessMeter = OneThread<audio::LoudnessMeter>;
using Resampler = OneThread<audio::Resampler>;
using SpeechDetector = OneThread<audio::SpeechDetector>;
using ActiveSpeakerRanking = OneThread<audio::ActiveSpeakerRanking>;
using SpeakerScores = OneThread<audio::SpeakerScores>;

PyStructSequence_Field level_fields[] = {
    {"rms_dbov", "Root mean square in dBov, -127.0 to 0.0."},
    {"peak_dbov", "Largest magnitude in dBov, -127.0 to 0.0."},
    {"rfc6464", "-rms_dbov rounded, 0 (loudest) to 127 (silence), as RFC 6464 sends it."},
    {nullptr, nullptr}};
PyStructSequence_Desc level_description = {"chime_native.audio.Level", "How loud a block of PCM is.",
                                           level_fields, 3};

py::object to_python(const StructSequence& type, const audio::Level& level) {
  return type.make({PyFloat_FromDouble(static_cast<double>(level.rms_dbov)),
                    PyFloat_FromDouble(static_cast<double>(level.peak_dbov)),
                    PyLong_FromLong(level.rfc6464)});
}

py::tuple measure_levels(py::handle blocks) {
  const Array<const std::int16_t> samples(blocks, "blocks");
  if (samples.ndim() < 2)
    throw py::value_error("blocks must have shape (blocks, frames) or (blocks, frames, channels), got " +
                          samples.shape_text());
  const std::size_t count = samples.shape(0);
  py::array_t<float> rms(static_cast<py::ssize_t>(count));
  py::array_t<float> peak(static_cast<py::ssize_t>(count));
  py::array_t<std::uint8_t> rfc6464(static_cast<py::ssize_t>(count));
  audio::measure_levels(samples.span(), {rms.mutable_data(), count}, {peak.mutable_data(), count},
                        {rfc6464.mutable_data(), count});
  return py::make_tuple(rms, peak, rfc6464);
}

// `out`, or a new array of the shape of `like`.
template <typename To, typename From>
py::object output_for(const Array<From>& like, const py::object& out) {
  if (!out.is_none()) return out;
  std::vector<py::ssize_t> shape;
  for (int axis = 0; axis < like.ndim(); ++axis) shape.push_back(static_cast<py::ssize_t>(like.shape(axis)));
  return py::array_t<To>(shape);
}

template <typename To, typename From>
py::object convert(py::handle pcm, const py::object& out,
                   void (*core)(std::span<const From>, std::span<To>) noexcept) {
  const Array<const From> from(pcm, "pcm");
  py::object result = output_for<To>(from, out);
  const Array<To> to(result, "out");
  to.require_same_shape(from);
  MaybeUnlocked unlocked(from.size());  // only the held buffers are touched
  core(from.span(), to.span());
  return result;
}

py::object to_float32(py::handle pcm, const py::object& out) {
  return convert<float, std::int16_t>(pcm, out, audio::to_float32);
}

py::object to_int16(py::handle pcm, const py::object& out) {
  return convert<std::int16_t, float>(pcm, out, audio::to_int16);
}

template <typename Sample>
std::span<Sample> writable(py::array_t<Sample>& array) {
  return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

template <typename Sample>
py::object resample(Resampler& self, py::handle pcm) {
  const auto use = self.use();
  const Array<const Sample> in(pcm, "pcm");
  const std::size_t frames = in.frames(use->channels());
  auto out = new_frames<Sample>(use->frames_for(frames), use->channels());
  const auto to = writable(out);
  const MaybeUnlocked unlocked(in.size());  // only the held buffer and the new array are touched
  use->process(in.span(), to);
  return out;
}

py::object process(Resampler& self, py::handle pcm) {
  return is_ndarray_of<float>(pcm) ? resample<float>(self, pcm) : resample<std::int16_t>(self, pcm);
}

template <typename Sample>
py::object flush_as(Resampler& self) {
  const auto use = self.use();
  auto out = new_frames<Sample>(use->flush_frames(), use->channels());
  use->flush(writable(out));
  return out;
}

py::object flush(Resampler& self, const py::object& dtype) {
  const auto wanted = py::dtype::from_args(dtype);
  if (wanted.equal(py::dtype::of<std::int16_t>())) return flush_as<std::int16_t>(self);
  if (wanted.equal(py::dtype::of<float>())) return flush_as<float>(self);
  throw py::type_error("dtype must be int16 or float32, got " + std::string(py::str(wanted)));
}

bool push_speech(SpeechDetector& self, py::handle pcm) {
  const auto use = self.use();
  const Array<const std::int16_t> block(pcm, "pcm");
  block.require_shape(use->block_frames(), use->channels());
  return use->push(block.span());
}

py::object mix_minus(py::handle blocks, const std::optional<std::vector<std::int64_t>>& groups,
                     const py::object& out) {
  const Array<const std::int16_t> in(blocks, "blocks");
  if (in.ndim() != 2 && in.ndim() != 3) {
    throw py::value_error("blocks must have shape (streams, frames) or (streams, frames, channels), got " +
                          in.shape_text());
  }
  const std::size_t streams = in.shape(0);
  if (groups && groups->size() != streams) {
    throw py::value_error("groups must have one number for each of the " + std::to_string(streams) +
                          " streams, got " + std::to_string(groups->size()));
  }
  const std::size_t channels = in.ndim() == 3 ? in.shape(2) : 1;
  py::object result = output_for<std::int16_t>(in, out);
  const Array<std::int16_t> to(result, "out");
  to.require_same_shape(in);
  const std::span<const std::int64_t> ids =
      groups ? std::span<const std::int64_t>(*groups) : std::span<const std::int64_t>();
  const MaybeUnlocked unlocked(in.size());  // only the held buffers are touched
  audio::mix_minus(in.span(), streams, channels, ids, to.span());
  return result;
}

void register_levels(py::module_& m) {
  const StructSequence level_type(m, level_description, "Level");
  m.def(
      "measure_level",
      [level_type](py::handle pcm) {
        const Array<const std::int16_t> samples(pcm, "pcm");
        return to_python(level_type, audio::measure_level(samples.span()));
      },
      py::arg("pcm"), "Level of a block of int16 PCM of any shape.");
  m.def("measure_levels", &measure_levels, py::arg("blocks"), "Levels of many blocks of int16 PCM at once.");
  py::class_<SpeechDetector>(m, "SpeechDetector",
                             "Tells speech from noise and silence in 10 ms blocks of one stream.")
      .def(py::init([](int sample_rate, int channels) {
             return std::make_unique<SpeechDetector>("SpeechDetector", sample_rate, channels);
           }),
           py::arg("sample_rate") = 48000, py::arg("channels") = 1)
      .def("push", &push_speech, py::arg("pcm"), "Takes the next 10 ms; True while speech is heard.")
      .def_property_readonly("speech", [](SpeechDetector& self) { return self.use()->speech(); })
      .def_property_readonly("_features", [](SpeechDetector& self) { return self.use()->features(); })
      .def_property_readonly("probability", [](SpeechDetector& self) { return self.use()->probability(); });
}

void register_loudness(py::module_& m) {
  py::class_<LoudnessMeter>(m, "LoudnessMeter", "Loudness of a running stream (EBU R 128, ITU-R BS.1770).")
      .def(py::init([](int sample_rate, int channels, bool dual_mono) {
             return std::make_unique<LoudnessMeter>("LoudnessMeter", sample_rate, channels, dual_mono);
           }),
           py::arg("sample_rate") = 48000, py::arg("channels") = 1, py::kw_only(),
           py::arg("dual_mono") = false)
      .def(
          "push",
          [](LoudnessMeter& self, py::handle pcm) {
            const auto use = self.use();
            const Array<const std::int16_t> samples(pcm, "pcm");
            (void)samples.frames(use->channels());
            const MaybeUnlocked unlocked(samples.size());  // only the held buffer is touched
            use->push(samples.span());
          },
          py::arg("pcm"))
      .def("reset", [](LoudnessMeter& self) { self.use()->reset(); })
      .def_property_readonly("momentary", [](LoudnessMeter& self) { return self.use()->momentary(); })
      .def_property_readonly("short_term", [](LoudnessMeter& self) { return self.use()->short_term(); })
      .def_property_readonly("integrated", [](LoudnessMeter& self) { return self.use()->integrated(); })
      .def_property_readonly("sample_rate", [](LoudnessMeter& self) { return self.use()->sample_rate(); })
      .def_property_readonly("channels", [](LoudnessMeter& self) { return self.use()->channels(); });
}

void update_ranking(ActiveSpeakerRanking& self, std::int64_t key, int level, bool voice,
                    std::int64_t now_us) {
  if (level < 0 || level > 127) throw py::value_error("level must be 0 to 127, got " + std::to_string(level));
  self.use()->update(key, static_cast<std::uint8_t>(level), voice, now_us);
}

py::list ranking(ActiveSpeakerRanking& self, std::int64_t now_us) {
  py::list result;
  for (const auto& speaker : self.use()->ranking(now_us))
    result.append(py::make_tuple(speaker.key, speaker.score));
  return result;
}

void register_ranking(py::module_& m) {
  py::class_<ActiveSpeakerRanking>(m, "ActiveSpeakerRanking",
                                   "Who of many is talking, from their levels alone.")
      .def(py::init([] { return std::make_unique<ActiveSpeakerRanking>("ActiveSpeakerRanking"); }))
      .def("update", &update_ranking, py::arg("key"), py::arg("level"), py::arg("voice"), py::arg("now_us"))
      .def(
          "remove", [](ActiveSpeakerRanking& self, std::int64_t key) { self.use()->remove(key); },
          py::arg("key"))
      .def("ranking", &ranking, py::arg("now_us"))
      .def(
          "dominant",
          [](ActiveSpeakerRanking& self, std::int64_t now_us) { return self.use()->dominant(now_us); },
          py::arg("now_us"));
}

void register_scores(py::module_& m) {
  py::class_<SpeakerScores>(m, "SpeakerScores",
                            "How active each of many speakers is, by the rule of the SDK.")
      .def(py::init([](double speaker_weight, double cutoff_threshold, double silence_threshold,
                       double takeover_rate) {
             return std::make_unique<SpeakerScores>(
                 "SpeakerScores", audio::SpeakerScoreOptions{speaker_weight, cutoff_threshold,
                                                             silence_threshold, takeover_rate});
           }),
           py::arg("speaker_weight") = 0.9, py::arg("cutoff_threshold") = 0.01,
           py::arg("silence_threshold") = 0.2, py::arg("takeover_rate") = 0.2)
      .def(
          "update",
          [](SpeakerScores& self, std::string_view speaker, double volume) {
            return self.use()->update(speaker, volume);
          },
          py::arg("speaker"), py::arg("volume"))
      .def("__len__", [](SpeakerScores& self) { return self.use()->size(); });
}

void register_resampler(py::module_& m) {
  py::class_<Resampler>(m, "Resampler", "Streaming change of the sample rate.")
      .def(py::init([](int in_rate, int out_rate, int channels, int quality) {
             return std::make_unique<Resampler>("Resampler", in_rate, out_rate, channels, quality);
           }),
           py::arg("in_rate"), py::arg("out_rate"), py::arg("channels") = 1, py::arg("quality") = 4)
      .def("process", &process, py::arg("pcm"), "All the output that this input makes possible.")
      .def("flush", &flush, py::arg("dtype") = "int16", "The rest of the stream, and back to the start.")
      .def_property_readonly("in_rate", [](const Resampler& self) { return self.constants().in_rate(); })
      .def_property_readonly("out_rate", [](const Resampler& self) { return self.constants().out_rate(); })
      .def_property_readonly("channels", [](const Resampler& self) { return self.constants().channels(); })
      .def_property_readonly("latency_ms",
                             [](const Resampler& self) { return self.constants().latency_ms(); });
}

}  // namespace

void register_signal(py::module_& m) {
  register_levels(m);
  register_loudness(m);
  register_ranking(m);
  register_scores(m);
  register_resampler(m);
  m.def("to_float32", &to_float32, py::arg("pcm"), py::kw_only(), py::arg("out") = py::none(),
        "int16 PCM as float32, full scale -1 to 1.");
  m.def("to_int16", &to_int16, py::arg("pcm"), py::kw_only(), py::arg("out") = py::none(),
        "float32 PCM as int16: rounded to nearest even, held within 16 bits, NaN as 0.");
  m.def("mix_minus", &mix_minus, py::arg("blocks"), py::kw_only(), py::arg("groups") = py::none(),
        py::arg("out") = py::none(), "Each row the sum of the rows of all other groups.");
}

}  // namespace chime::bindings
