#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <optional>
#include <string>

#include "bindings/buffers.hpp"
#include "bindings/enums.hpp"
#include "bindings/opus_enums.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "opus/decoder.hpp"
#include "opus/encoder.hpp"
#include "opus/packet.hpp"

namespace chime::bindings {

namespace {

using namespace pybind11::literals;

// The frames that libopus made, or ValueError with its reason.
std::size_t require_frames(const char* doing, int result) {
  if (result < 0) throw py::value_error(std::string(doing) + ": " + opus::describe(result));
  return static_cast<std::size_t>(result);
}

// --- decoder ---

// `make` fills a span with PCM and answers as Decoder does. With `out`, its first frames are written and a
// view of them is returned, else a new array.
template <typename Make>
py::object pcm_result(const opus::Decoder& decoder, const char* doing, std::size_t frames,
                      const py::object& out, Make make) {
  const int channels = decoder.channels();
  if (out.is_none()) {
    auto pcm = new_frames<std::int16_t>(frames, channels);
    const std::span span(pcm.mutable_data(), frames * static_cast<std::size_t>(channels));
    int result = 0;
    {
      const Unlocked unlocked;  // safe: touches the new array's memory and the decoder only
      result = make(span);
    }
    require_frames(doing, result);
    return pcm;
  }
  const Array<std::int16_t> target(out, "out");
  if (target.frames(channels) < frames) {
    throw py::value_error("out must have at least " + std::to_string(frames) + " frames, got " +
                          std::to_string(target.frames(channels)));
  }
  int result = 0;
  {
    const Unlocked unlocked;  // safe: touches the held buffer and the decoder only
    result = make(target.span());
  }
  const std::size_t made = require_frames(doing, result);
  return made == target.frames(channels) ? out : out[py::slice(0, static_cast<py::ssize_t>(made), 1)];
}

// Frames that a packet decodes to at the decoder's rate.
std::size_t decoded_frames(const opus::Decoder& decoder, opus::Bytes packet) {
  const int samples = opus::packet_samples(packet);
  if (samples == 0) throw py::value_error("cannot decode: packet is not a valid Opus packet");
  return static_cast<std::size_t>(samples) * static_cast<std::size_t>(decoder.sample_rate()) /
         opus::kSampleRate;
}

// Opus knows durations in steps of 2.5 ms up to 120 ms.
std::size_t checked_frames(const opus::Decoder& decoder, int frames) {
  const int step = decoder.sample_rate() / 400;
  if (frames <= 0 || frames % step != 0 || frames > 48 * step) {
    throw py::value_error("frames must be a multiple of " + std::to_string(step) + " (2.5 ms) up to " +
                          std::to_string(48 * step) + ", got " + std::to_string(frames));
  }
  return static_cast<std::size_t>(frames);
}

void register_decoder(py::module_& m) {
  using opus::Decoder;
  py::class_<Decoder>(m, "OpusDecoder")
      .def(py::init<int, int>(), py::kw_only(), "sample_rate"_a = 48000, "channels"_a = 1)
      .def(
          "decode",
          [](Decoder& decoder, const py::object& packet, const py::object& out) {
            const Bytes data(packet, "packet");
            return pcm_result(decoder, "cannot decode", decoded_frames(decoder, data.span()), out,
                              [&](auto pcm) { return decoder.decode(data.span(), pcm); });
          },
          "packet"_a, "out"_a = py::none())
      .def(
          "decode_fec",
          [](Decoder& decoder, const py::object& following, int frames, const py::object& out) {
            const Bytes data(following, "following");
            return pcm_result(decoder, "cannot decode in-band FEC", checked_frames(decoder, frames), out,
                              [&](auto pcm) { return decoder.decode_fec(data.span(), frames, pcm); });
          },
          "following"_a, "frames"_a, "out"_a = py::none())
      .def(
          "conceal",
          [](Decoder& decoder, int frames, const py::object& out) {
            return pcm_result(decoder, "cannot conceal", checked_frames(decoder, frames), out,
                              [&](auto pcm) { return decoder.conceal(frames, pcm); });
          },
          "frames"_a, "out"_a = py::none())
      .def("reset", &Decoder::reset)
      .def_property_readonly("sample_rate", &Decoder::sample_rate)
      .def_property_readonly("channels", &Decoder::channels)
      .def_property_readonly("deep_concealment", &Decoder::deep_concealment);
}

// --- encoder ---

opus::Encoder make_encoder(int sample_rate, int channels, const std::string& application, int bitrate,
                           int complexity, bool dtx, bool fec, int expected_loss_percent,
                           const std::optional<std::string>& max_bandwidth) {
  opus::EncoderOptions options;
  options.sample_rate = sample_rate;
  options.channels = channels;
  options.application = parse_enum("application", application, kApplications);
  options.bitrate_bps = bitrate;
  options.complexity = complexity;
  options.dtx = dtx;
  options.fec = fec;
  options.expected_loss_percent = expected_loss_percent;
  if (max_bandwidth) options.max_bandwidth = parse_enum("max_bandwidth", *max_bandwidth, kBandwidths);
  return opus::Encoder(options);
}

py::bytes encode(opus::Encoder& encoder, const py::object& pcm) {
  const Array<const std::int16_t> samples(pcm, "pcm");
  const std::size_t frames = samples.frames(encoder.options().channels);
  const std::size_t step = static_cast<std::size_t>(encoder.options().sample_rate) / 400;
  bool fits = false;
  for (const std::size_t steps : {1, 2, 4, 8, 16, 24}) fits |= frames == steps * step;
  if (!fits) {
    throw py::value_error("pcm must last 2.5, 5, 10, 20, 40 or 60 ms, got " + std::to_string(frames) +
                          " frames at " + std::to_string(encoder.options().sample_rate) + " Hz");
  }
  std::array<std::uint8_t, opus::Encoder::kMaxPacketSize> packet;
  int size = 0;
  {
    const Unlocked unlocked;  // safe: touches the held buffer and the encoder only
    size = encoder.encode(samples.span(), packet);
  }
  return to_bytes(std::span(packet).first(require_frames("cannot encode", size)));
}

void register_encoder(py::module_& m) {
  using opus::Encoder;
  py::class_<Encoder>(m, "OpusEncoder")
      .def(py::init(&make_encoder), py::kw_only(), "sample_rate"_a = 48000, "channels"_a = 1,
           "application"_a = "voip", "bitrate"_a = 32000, "complexity"_a = 5, "dtx"_a = false,
           "fec"_a = false, "expected_loss_percent"_a = 0, "max_bandwidth"_a = py::none())
      .def("encode", &encode, "pcm"_a)
      .def("reset", &Encoder::reset)
      .def_property(
          "bitrate", [](const Encoder& encoder) { return encoder.options().bitrate_bps; },
          &Encoder::set_bitrate)
      .def_property(
          "complexity", [](const Encoder& encoder) { return encoder.options().complexity; },
          &Encoder::set_complexity)
      .def_property(
          "dtx", [](const Encoder& encoder) { return encoder.options().dtx; }, &Encoder::set_dtx)
      .def_property(
          "fec", [](const Encoder& encoder) { return encoder.options().fec; }, &Encoder::set_fec)
      .def_property(
          "expected_loss_percent",
          [](const Encoder& encoder) { return encoder.options().expected_loss_percent; },
          &Encoder::set_expected_loss)
      .def_property_readonly("sample_rate",
                             [](const Encoder& encoder) { return encoder.options().sample_rate; })
      .def_property_readonly("channels", [](const Encoder& encoder) { return encoder.options().channels; })
      .def_property_readonly("lookahead", &Encoder::lookahead);
}

// --- inspection ---

// What opus_packet_info() answers; a copy, so that it outlives the packet.
struct PacketInfo {
  opus::Toc toc;
  bool valid = false;
  int samples = 0;
  std::size_t payload_offset = 0;
  std::vector<std::pair<std::size_t, std::size_t>> frames;  // offset, size
  std::vector<std::optional<opus::FrameFlags>> flags;
  int voice_activity = -1;
  bool has_fec = false;
  bool worth_repeating = false;
};

PacketInfo inspect(const py::object& packet) {
  const Bytes data(packet, "packet");
  const opus::Bytes octets = data.span();
  if (octets.empty()) throw py::value_error("packet must have at least one byte");
  PacketInfo info;
  info.toc = opus::read_toc(octets[0]);
  info.worth_repeating = opus::worth_repeating(octets);
  opus::Packet parsed;
  info.valid = opus::parse_packet(octets, parsed);
  if (!info.valid) return info;
  info.samples = parsed.samples();
  info.payload_offset = parsed.payload_offset();
  for (const auto& frame : parsed.frames()) {
    info.frames.emplace_back(static_cast<std::size_t>(frame.data() - octets.data()), frame.size());
    info.flags.push_back(opus::read_flags(info.toc, frame));
  }
  info.voice_activity = static_cast<int>(opus::voice_activity(parsed));
  info.has_fec = opus::has_lbrr(parsed);
  return info;
}

// Per frame: None, or (voice activity of each SILK frame by channel, LBRR by channel).
py::object flags_of(const PacketInfo& info) {
  if (!info.valid || info.toc.mode() == opus::Mode::celt) return py::none();
  py::list result;
  for (const auto& flags : info.flags) {
    if (!flags) {
      result.append(py::none());
      continue;
    }
    py::list voice;
    py::list lbrr;
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(info.toc.channels()); ++channel) {
      py::list bits;
      for (int n = 0; n < info.toc.silk_frames(); ++n) bits.append((flags->vad[channel] >> n & 1) != 0);
      voice.append(py::tuple(bits));
      lbrr.append(static_cast<bool>(flags->lbrr[channel]));
    }
    result.append(py::make_tuple(py::tuple(voice), py::tuple(lbrr)));
  }
  return result;
}

void register_inspection(py::module_& m) {
  py::class_<PacketInfo>(m, "OpusPacketInfo")
      .def_property_readonly("valid", [](const PacketInfo& info) { return info.valid; })
      .def_property_readonly("config", [](const PacketInfo& info) { return info.toc.config; })
      .def_property_readonly("mode",
                             [](const PacketInfo& info) { return enum_name(info.toc.mode(), kModes); })
      .def_property_readonly(
          "bandwidth", [](const PacketInfo& info) { return enum_name(info.toc.bandwidth(), kBandwidths); })
      .def_property_readonly("stereo", [](const PacketInfo& info) { return info.toc.stereo; })
      .def_property_readonly("channels", [](const PacketInfo& info) { return info.toc.channels(); })
      .def_property_readonly("code", [](const PacketInfo& info) { return info.toc.code; })
      .def_property_readonly("samples_per_frame",
                             [](const PacketInfo& info) { return info.toc.frame_samples(); })
      .def_property_readonly("silk_frames", [](const PacketInfo& info) { return info.toc.silk_frames(); })
      .def_property_readonly("samples", [](const PacketInfo& info) { return info.samples; })
      .def_property_readonly("payload_offset", [](const PacketInfo& info) { return info.payload_offset; })
      .def_property_readonly("frames", [](const PacketInfo& info) { return info.frames; })
      .def_property_readonly("flags", &flags_of)
      .def_property_readonly("voice_activity",
                             [](const PacketInfo& info) -> std::optional<bool> {
                               if (info.voice_activity < 0) return std::nullopt;
                               return info.voice_activity > 0;
                             })
      .def_property_readonly("has_fec", [](const PacketInfo& info) { return info.has_fec; })
      .def_property_readonly("worth_repeating", [](const PacketInfo& info) { return info.worth_repeating; });
  m.def("opus_packet_info", &inspect, "packet"_a);
  m.def("opus_version", &opus::library_version);
}

}  // namespace

void register_opus(pybind11::module_& m) {
  register_decoder(m);
  register_encoder(m);
  register_inspection(m);
}

}  // namespace chime::bindings
