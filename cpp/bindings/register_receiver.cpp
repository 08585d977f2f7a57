#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "bindings/times.hpp"
#include "stream/audio_receiver.hpp"

namespace chime::bindings {

namespace {

using stream::AudioReceiver;

void require_payload_type(const char* name, int value) {
  if (value < 0 || value > 127) {
    throw py::value_error(std::string(name) + " must be 0 to 127, got " + std::to_string(value));
  }
}

std::shared_ptr<AudioReceiver> make_receiver(int opus_payload_type, std::optional<int> red_payload_type,
                                             int sample_rate, int channels, double min_delay_ms,
                                             double max_delay_ms, int audio_level_id) {
  require_payload_type("opus_payload_type", opus_payload_type);
  if (red_payload_type) require_payload_type("red_payload_type", *red_payload_type);
  if (red_payload_type == opus_payload_type)
    throw py::value_error("red_payload_type must differ from opus_payload_type");
  if (sample_rate != 8000 && sample_rate != 12000 && sample_rate != 16000 && sample_rate != 24000 &&
      sample_rate != 48000) {
    throw py::value_error("sample_rate must be 8000, 12000, 16000, 24000 or 48000, got " +
                          std::to_string(sample_rate));
  }
  if (channels != 1 && channels != 2) {
    throw py::value_error("channels must be 1 or 2, got " + std::to_string(channels));
  }
  if (!(min_delay_ms >= 0 && min_delay_ms <= max_delay_ms && max_delay_ms <= 2000)) {
    throw py::value_error("delays must be 0 <= min_delay_ms <= max_delay_ms <= 2000, got " +
                          std::to_string(min_delay_ms) + " and " + std::to_string(max_delay_ms));
  }
  if (audio_level_id < 0 || audio_level_id > 255) {
    throw py::value_error("audio_level_id must be 0 (none) to 255, got " + std::to_string(audio_level_id));
  }
  stream::ReceiverOptions options;
  options.payload_types.opus = static_cast<std::uint8_t>(opus_payload_type);
  if (red_payload_type) options.payload_types.red = static_cast<std::uint8_t>(*red_payload_type);
  options.sample_rate = sample_rate;
  options.channels = channels;
  options.min_delay_ms = min_delay_ms;
  options.max_delay_ms = max_delay_ms;
  options.audio_level_id = static_cast<std::uint8_t>(audio_level_id);
  return std::make_shared<AudioReceiver>(options);
}

bool push(AudioReceiver& self, py::handle packet, std::int64_t arrival_us) {
  require_time("arrival_us", arrival_us);
  const Bytes bytes(packet, "packet");
  // Taking a packet takes less time than giving the GIL away and getting it back.
  if (const auto taken = self.try_push(bytes.span(), arrival_us)) return *taken;
  // Safe: the buffer is held and no Python object is touched.
  const Unlocked unlocked;
  return self.push(bytes.span(), arrival_us);
}

py::object pull(AudioReceiver& self, py::object out, std::optional<std::int64_t> now_us) {
  if (now_us) require_time("now_us", *now_us);
  if (out.is_none()) {
    py::array_t<std::int16_t> made = new_frames<std::int16_t>(self.block_frames(), self.channels());
    const std::span<std::int16_t> samples(made.mutable_data(), static_cast<std::size_t>(made.size()));
    // Safe: the new array is ours alone.
    const Unlocked unlocked;
    self.pull(samples, now_us);
    return made;
  }
  const Array<std::int16_t> given(out, "out");
  given.require_shape(self.block_frames(), self.channels());
  {
    // Safe: the buffer is held and no Python object is touched.
    const Unlocked unlocked;
    self.pull(given.span(), now_us);
  }
  return out;
}

py::dict stats(const AudioReceiver& self) {
  const stream::ReceiverSnapshot s = self.stats();
  py::dict d;
  d["packets_received"] = s.packets_received;
  d["bytes_received"] = s.bytes_received;
  d["packets_lost"] = s.packets_lost;
  d["packets_discarded"] = s.packets_discarded;
  d["packets_duplicated"] = s.packets_duplicated;
  d["packets_late"] = s.packets_late;
  d["packets_malformed"] = s.packets_malformed;
  d["packets_wrong_payload_type"] = s.packets_wrong_payload_type;
  d["fec_packets_received"] = s.fec_packets_received;
  d["fec_packets_discarded"] = s.fec_packets_discarded;
  d["jitter"] = s.jitter_s;
  d["total_samples_received"] = s.total_samples_received;
  d["concealed_samples"] = s.concealed_samples;
  d["silent_concealed_samples"] = s.silent_concealed_samples;
  d["concealment_events"] = s.concealment_events;
  d["comfort_noise_samples"] = s.comfort_noise_samples;
  d["inserted_samples_for_deceleration"] = s.inserted_samples_for_deceleration;
  d["removed_samples_for_acceleration"] = s.removed_samples_for_acceleration;
  d["recovered_by_red"] = s.recovered_by_red;
  d["recovered_by_fec"] = s.recovered_by_fec;
  d["decode_errors"] = s.decode_errors;
  d["total_audio_energy"] = s.total_audio_energy;
  d["total_samples_duration"] = s.total_samples_duration;
  d["jitter_buffer_emitted_count"] = s.jitter_buffer_emitted_count;
  d["jitter_buffer_delay"] = s.jitter_buffer_delay;
  d["jitter_buffer_target_delay"] = s.jitter_buffer_target_delay;
  d["current_delay_ms"] = s.current_delay_ms;
  d["target_delay_ms"] = s.target_delay_ms;
  d["drift_ppm"] = s.drift_ppm;
  return d;
}

}  // namespace

void register_receiver(py::module_& m) {
  using jitter::ReportBlock;
  py::class_<ReportBlock>(m, "ReportBlock", "What an RTCP report block says of one received stream.")
      .def_readonly("ssrc", &ReportBlock::ssrc)
      .def_readonly("fraction_lost", &ReportBlock::fraction_lost)
      .def_readonly("packets_lost", &ReportBlock::packets_lost)
      .def_readonly("highest_sequence_number", &ReportBlock::highest_sequence_number)
      .def_readonly("jitter", &ReportBlock::jitter)
      .def("__repr__", [](const ReportBlock& b) {
        return "ReportBlock(ssrc=" + std::to_string(b.ssrc) +
               ", fraction_lost=" + std::to_string(b.fraction_lost) +
               ", packets_lost=" + std::to_string(b.packets_lost) + ")";
      });
  py::class_<AudioReceiver, std::shared_ptr<AudioReceiver>>(m, "AudioReceiver",
                                                            "RTP packets of one stream in, PCM out.")
      .def(py::init(&make_receiver), py::kw_only(), py::arg("opus_payload_type") = 111,
           py::arg("red_payload_type") = py::none(), py::arg("sample_rate") = 48000, py::arg("channels") = 1,
           py::arg("min_delay_ms") = 0.0, py::arg("max_delay_ms") = 1000.0, py::arg("audio_level_id") = 0)
      .def("push", &push, py::arg("packet"), py::arg("arrival_us"))
      .def("pull", &pull, py::arg("out") = py::none(), py::kw_only(), py::arg("now_us") = py::none())
      .def("report_block", &AudioReceiver::report_block)
      .def("stats", &stats)
      .def_property_readonly("audio_level", [](const AudioReceiver& self) { return self.level().rfc6464; })
      .def_property_readonly("voice_activity", &AudioReceiver::voice_activity)
      .def_property_readonly("sample_rate", &AudioReceiver::sample_rate)
      .def_property_readonly("channels", &AudioReceiver::channels);
}

}  // namespace chime::bindings
