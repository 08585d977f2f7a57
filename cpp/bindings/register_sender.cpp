#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>

#include "bindings/buffers.hpp"
#include "bindings/enums.hpp"
#include "bindings/opus_enums.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "stream/audio_sender.hpp"
#include "stream/chime_redundancy_policy.hpp"
#include "stream/loss_policy.hpp"
#include "stream/recovery_counter.hpp"
#include "stream/red_encoder.hpp"

namespace chime::bindings {

namespace {

using namespace pybind11::literals;
using stream::AudioSender;
using stream::ChimeRedundancyPolicy;
using stream::LossPolicy;
using stream::RecoveryCounter;
using stream::RedEncoder;

constexpr std::pair<const char*, stream::Redundancy> kRedundancies[] = {
    {"off", stream::Redundancy::off},
    {"chime", stream::Redundancy::chime},
    {"adaptive", stream::Redundancy::adaptive},
};

constexpr std::pair<const char*, ChimeRedundancyPolicy::Sdk> kSdks[] = {
    {"3.18", ChimeRedundancyPolicy::Sdk::v3_18},
    {"3.31", ChimeRedundancyPolicy::Sdk::v3_31},
};

std::shared_ptr<AudioSender> make_sender(std::uint32_t ssrc, std::uint8_t opus_payload_type,
                                         std::optional<std::uint8_t> red_payload_type, int sample_rate,
                                         int channels, const std::string& application, int bitrate,
                                         int complexity, int frame_ms, bool dtx, bool fec,
                                         const std::string& redundancy, std::string mid, std::uint8_t mid_id,
                                         std::uint8_t audio_level_id, std::uint8_t abs_send_time_id,
                                         std::uint8_t transport_sequence_id, std::uint8_t csrc_audio_level_id,
                                         std::optional<std::uint16_t> first_sequence_number,
                                         std::optional<std::uint32_t> first_timestamp) {
  if (sample_rate < 8000 || sample_rate > 192'000 || sample_rate % 100 != 0) {
    throw py::value_error("sample_rate must be 8000 to 192000 and a multiple of 100, got " +
                          std::to_string(sample_rate));
  }
  stream::AudioSenderOptions options;
  options.ssrc = ssrc;
  options.opus_payload_type = opus_payload_type;
  options.red_payload_type = red_payload_type;
  options.sample_rate = sample_rate;
  options.encoder.sample_rate = opus::is_opus_rate(sample_rate) ? sample_rate : opus::kSampleRate;
  options.encoder.channels = channels;
  options.encoder.application = parse_enum("application", application, kApplications);
  options.encoder.bitrate_bps = bitrate;
  options.encoder.complexity = complexity;
  options.encoder.dtx = dtx;
  options.encoder.fec = fec;
  options.frame_ms = frame_ms;
  options.redundancy = parse_enum("redundancy", redundancy, kRedundancies);
  options.mid = std::move(mid);
  options.mid_id = mid_id;
  options.audio_level_id = audio_level_id;
  options.abs_send_time_id = abs_send_time_id;
  options.transport_sequence_id = transport_sequence_id;
  options.csrc_audio_level_id = csrc_audio_level_id;
  options.first_sequence_number = first_sequence_number;
  options.first_timestamp = first_timestamp;
  return std::make_shared<AudioSender>(std::move(options));
}

py::list sender_push(AudioSender& sender, const py::object& pcm, std::int64_t now_us) {
  const Array<const std::int16_t> block(pcm, "pcm");
  const auto& encoder = sender.options().encoder;
  block.require_shape(static_cast<std::size_t>(sender.sample_rate() / 100), encoder.channels);
  // At most one packet of at most 1500 octets; copied out under the sender's lock, so that other threads may
  // push.
  std::array<std::uint8_t, AudioSender::kMaxPacketSize> packet;
  std::size_t size = 0;
  {
    const Unlocked unlocked;  // safe: touches the held buffer and the sender only
    size = sender.push(block.span(), now_us, packet);
  }
  py::list packets;
  if (size > 0) packets.append(to_bytes(std::span(packet).first(size)));
  return packets;
}

void sender_on_report(AudioSender& sender, double fraction_lost, std::optional<double> rtt_ms,
                      std::optional<double> jitter_ms, std::int64_t now_us,
                      std::optional<std::int64_t> packets_lost, std::optional<double> burst_packets) {
  if (!(fraction_lost >= 0 && fraction_lost <= 1)) {
    throw py::value_error("fraction_lost must be 0 to 1, got " + std::to_string(fraction_lost));
  }
  stream::LossReport report;
  report.now_us = now_us;
  report.fraction_lost = fraction_lost;
  report.rtt_ms = rtt_ms;
  report.jitter_ms = jitter_ms;
  report.burst_packets = burst_packets;
  sender.on_report(report, packets_lost);
}

void set_contributors(AudioSender& sender, const std::vector<std::pair<std::uint32_t, int>>& pairs) {
  if (pairs.size() > AudioSender::kMaxContributors) {
    throw py::value_error("contributors must be at most " + std::to_string(AudioSender::kMaxContributors) +
                          ", got " + std::to_string(pairs.size()));
  }
  std::vector<stream::Contributor> contributors;
  for (const auto& [csrc, level] : pairs) {
    if (level < 0 || level > 127)
      throw py::value_error("level must be 0 to 127, got " + std::to_string(level));
    contributors.push_back({csrc, static_cast<std::uint8_t>(level)});
  }
  sender.set_contributors(contributors);
}

py::dict sender_stats(const AudioSender& sender) {
  const auto stats = sender.stats();
  py::dict result;
  result["packets_sent"] = stats.packets_sent;
  result["bytes_sent"] = stats.payload_octets_sent;
  result["header_bytes_sent"] = stats.header_octets_sent;
  result["frames_encoded"] = stats.frames_encoded;
  result["frames_shared"] = stats.frames_shared;
  result["encode_errors"] = stats.encode_errors;
  result["dtx_frames"] = stats.dtx_frames;
  result["active_frames"] = stats.active_frames;
  result["lbrr_frames"] = stats.lbrr_frames;
  result["redundant_blocks_sent"] = stats.redundant_blocks;
  result["redundant_bytes_sent"] = stats.redundant_octets;
  result["total_samples_sent"] = stats.total_samples_sent;
  result["total_audio_energy"] = stats.total_audio_energy;
  result["total_samples_duration"] = static_cast<double>(stats.total_samples_sent) / sender.sample_rate();
  result["reports_received"] = stats.reports_received;
  result["fraction_lost"] = stats.fraction_lost;
  result["round_trip_time_ms"] = stats.round_trip_ms;
  result["policy_loss"] = stats.policy_loss;
  result["burst_packets"] = stats.burst_packets;
  result["congested"] = stats.congested;
  result["target_bitrate"] = stats.target_bitrate_bps;
  result["expected_loss_percent"] = stats.expected_loss_percent;
  py::list offsets;
  for (std::size_t n = 0; n < stats.copies; ++n) offsets.append(stats.copy_offsets[n]);
  result["copy_offsets"] = py::tuple(offsets);
  return result;
}

void register_audio_sender(py::module_& m) {
  py::class_<AudioSender, std::shared_ptr<AudioSender>>(m, "AudioSender")
      .def(py::init(&make_sender), py::kw_only(), "ssrc"_a, "opus_payload_type"_a = 111,
           "red_payload_type"_a = py::none(), "sample_rate"_a = 48000, "channels"_a = 1,
           "application"_a = "voip", "bitrate"_a = 32000, "complexity"_a = 5, "frame_ms"_a = 20,
           "dtx"_a = false, "fec"_a = true, "redundancy"_a = "adaptive", "mid"_a = "", "mid_id"_a = 0,
           "audio_level_id"_a = 0, "abs_send_time_id"_a = 0, "transport_sequence_id"_a = 0,
           "csrc_audio_level_id"_a = 0, "first_sequence_number"_a = py::none(),
           "first_timestamp"_a = py::none())
      .def("push", &sender_push, "pcm"_a, "now_us"_a = 0)
      .def("on_report", &sender_on_report, py::kw_only(), "fraction_lost"_a, "rtt_ms"_a = py::none(),
           "jitter_ms"_a = py::none(), "now_us"_a = 0, "packets_lost"_a = py::none(),
           "burst_packets"_a = py::none())
      .def("set_contributors", &set_contributors, "contributors"_a)
      .def_property("muted", &AudioSender::muted, &AudioSender::set_muted)
      .def_property("bitrate", &AudioSender::bitrate, &AudioSender::set_bitrate)
      .def_property_readonly("ssrc", &AudioSender::ssrc)
      .def("sender_info",
           [](const AudioSender& sender) {
             const auto info = sender.sender_info();
             return py::make_tuple(info.next_timestamp, info.packets, info.octets);
           })
      .def("stats", &sender_stats);
}

// --- RED and its policies on their own ---

std::vector<stream::CopyOffset> copy_offsets(
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  if (pairs.size() > RedEncoder::kMaxCopies) {
    throw py::value_error("offsets must be at most " + std::to_string(RedEncoder::kMaxCopies) + ", got " +
                          std::to_string(pairs.size()));
  }
  std::vector<stream::CopyOffset> offsets;
  for (const auto& [offset, fallback] : pairs) offsets.push_back({offset, fallback});
  return offsets;
}

void register_red_encoder(py::module_& m) {
  py::class_<RedEncoder>(m, "RedEncoder")
      .def(py::init([](std::uint8_t opus_payload_type, std::uint8_t red_payload_type) {
             return RedEncoder(opus_payload_type, red_payload_type);
           }),
           py::kw_only(), "opus_payload_type"_a = 111, "red_payload_type"_a = 63)
      .def(
          "set_offsets",
          [](RedEncoder& encoder, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
            encoder.set_offsets(copy_offsets(pairs));
          },
          "offsets"_a)
      .def(
          "set_copies",
          [](RedEncoder& encoder, int copies) {
            if (copies < 0) throw py::value_error("copies must be 0 or more, got " + std::to_string(copies));
            const auto count =
                std::min<std::size_t>(static_cast<std::size_t>(copies), RedEncoder::kChimeOffsets.size());
            encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(count));
          },
          "copies"_a)
      .def("set_enabled", &RedEncoder::set_enabled, "enabled"_a)
      .def(
          "encode",
          [](RedEncoder& encoder, const py::object& packet, std::uint32_t timestamp) -> py::object {
            const Bytes data(packet, "packet");
            std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> out;
            const std::size_t size = encoder.encode(timestamp, data.span(), out);
            if (size == 0) return py::none();
            return to_bytes(std::span(out).first(size));
          },
          "packet"_a, "timestamp"_a)
      .def(
          "transform",
          [](RedEncoder& encoder, const py::object& payload, std::uint8_t payload_type,
             std::uint32_t timestamp) -> py::object {
            const Bytes data(payload, "payload");
            std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> out;
            const auto result = encoder.transform(timestamp, data.span(), payload_type, out);
            if (!result) return py::none();
            return to_bytes(*result);
          },
          "payload"_a, "payload_type"_a, "timestamp"_a);
}

constexpr std::pair<const char*, RecoveryCounter::Sdk> kRecoverySdks[] = {
    {"3.18", RecoveryCounter::Sdk::v3_18},
    {"3.31", RecoveryCounter::Sdk::v3_31},
};

void register_recovery_counter(py::module_& m) {
  py::class_<RecoveryCounter>(m, "RedRecoveryCounter")
      .def(
          py::init([](std::uint8_t opus_payload_type, std::uint8_t red_payload_type, const std::string& sdk) {
            return RecoveryCounter(opus_payload_type, red_payload_type,
                                   parse_enum("sdk", sdk, kRecoverySdks));
          }),
          py::kw_only(), "opus_payload_type"_a = 111, "red_payload_type"_a = 63, "sdk"_a = "3.31")
      .def(
          "receive",
          [](RecoveryCounter& counter, const py::object& payload, std::uint8_t payload_type,
             std::uint16_t sequence_number, std::uint32_t timestamp) {
            const Bytes data(payload, "payload");
            return counter.receive(data.span(), payload_type, sequence_number, timestamp);
          },
          "payload"_a, "payload_type"_a, "sequence_number"_a, "timestamp"_a)
      .def_property_readonly("totals", [](const RecoveryCounter& counter) {
        const auto& totals = counter.totals();
        return py::make_tuple(totals.expected, totals.lost, totals.recovered_red, totals.recovered_fec);
      });
}

void register_policies(py::module_& m) {
  py::class_<ChimeRedundancyPolicy>(m, "ChimeRedundancyPolicy")
      .def(py::init(
               [](const std::string& sdk) { return ChimeRedundancyPolicy(parse_enum("sdk", sdk, kSdks)); }),
           "sdk"_a = "3.31")
      .def(
          "update",
          [](ChimeRedundancyPolicy& policy, std::int64_t now_ms, std::int64_t packets_sent,
             std::optional<std::int64_t> report_ms, std::int64_t packets_lost) {
            const auto decision = policy.update(now_ms, packets_sent, report_ms, packets_lost);
            return py::make_tuple(decision.enabled, decision.copies);
          },
          "now_ms"_a, "packets_sent"_a, "report_ms"_a = py::none(), "packets_lost"_a = 0)
      .def_property_readonly("loss_percent", &ChimeRedundancyPolicy::loss_percent)
      .def_property_readonly("enabled", &ChimeRedundancyPolicy::enabled)
      .def_property_readonly("copies", &ChimeRedundancyPolicy::copies)
      .def_static(
          "recommend",
          [](double loss_percent) {
            const auto [copies, turn_off] = ChimeRedundancyPolicy::recommend(loss_percent);
            return py::make_tuple(copies, turn_off);
          },
          "loss_percent"_a)
      .def_static("tell", &ChimeRedundancyPolicy::tell, "loss_percent"_a);

  py::class_<LossPolicy>(m, "LossPolicy")
      .def(py::init<>())
      .def(
          "on_report",
          [](LossPolicy& policy, double fraction_lost, std::optional<double> rtt_ms,
             std::optional<double> jitter_ms, std::int64_t now_us, int packets_expected,
             std::optional<double> burst_packets) {
            if (!(fraction_lost >= 0 && fraction_lost <= 1)) {
              throw py::value_error("fraction_lost must be 0 to 1, got " + std::to_string(fraction_lost));
            }
            policy.on_report({now_us, fraction_lost, packets_expected, rtt_ms, jitter_ms, burst_packets});
          },
          py::kw_only(), "fraction_lost"_a, "rtt_ms"_a = py::none(), "jitter_ms"_a = py::none(),
          "now_us"_a = 0, "packets_expected"_a = 50, "burst_packets"_a = py::none())
      .def(
          "plan",
          [](const LossPolicy& policy, bool lbrr, int bitrate, int frame_ms) {
            const auto plan = policy.plan(lbrr, bitrate, frame_ms);
            py::list distances;
            for (const int distance : plan.used()) distances.append(distance);
            py::dict result;
            result["distances"] = py::tuple(distances);
            result["expected_loss_percent"] = plan.expected_loss_percent;
            result["bitrate_percent"] = plan.bitrate_percent;
            return result;
          },
          "lbrr"_a, "bitrate"_a = 32000, "frame_ms"_a = 20)
      .def_property_readonly("loss", &LossPolicy::loss)
      .def_property_readonly("burst_packets", &LossPolicy::burst_packets)
      .def_property_readonly("congested", &LossPolicy::congested);
}

}  // namespace

void register_sender(pybind11::module_& m) {
  register_audio_sender(m);
  register_red_encoder(m);
  register_recovery_counter(m);
  register_policies(m);
}

}  // namespace chime::bindings
