// Single streams of video: what a client sends, and what it receives.
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "bindings/video_types.hpp"
#include "stream/video_receiver.hpp"
#include "stream/video_sender.hpp"

namespace chime::bindings {
namespace {

using VideoSender = OneThread<stream::VideoSender>;
using VideoReceiver = OneThread<stream::VideoReceiver>;

// --- what is sent ---

stream::VideoSenderOptions sender_options(std::uint32_t ssrc, std::uint8_t payload_type,
                                          std::uint32_t rtx_ssrc,
                                          std::optional<std::uint8_t> rtx_payload_type, std::string mid,
                                          std::uint8_t mid_id, std::uint8_t abs_send_time_id,
                                          std::uint16_t first_sequence_number,
                                          std::uint32_t first_timestamp) {
  return {ssrc,   rtx_ssrc,         payload_type,          rtx_payload_type, std::move(mid),
          mid_id, abs_send_time_id, first_sequence_number, first_timestamp};
}

bool push_payloads(VideoSender& self, const std::vector<py::bytes>& payloads, std::int64_t captured_us) {
  std::vector<rtp::Bytes> views;
  views.reserve(payloads.size());
  for (const py::bytes& payload : payloads) {
    views.emplace_back(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(payload.ptr())),
                       static_cast<std::size_t>(PyBytes_GET_SIZE(payload.ptr())));
  }
  return self.use()->push(views, captured_us);
}

py::list pull_packets(VideoSender& self, std::int64_t now_us, std::int64_t bitrate) {
  const auto use = self.use();
  py::list packets;
  use->begin_turn(now_us, bitrate);
  while (const auto packet = use->next_packet(now_us)) packets.append(to_bytes(*packet));
  return packets;
}

py::list retransmit(VideoSender& self, const std::vector<std::uint16_t>& sequence_numbers) {
  const auto use = self.use();
  py::list packets;
  for (const std::uint16_t number : sequence_numbers) {
    if (const auto packet = use->retransmit(number)) packets.append(to_bytes(*packet));
  }
  return packets;
}

py::dict sender_stats(VideoSender& self) {
  const auto use = self.use();
  const stream::VideoSenderStats& stats = use->stats();
  py::dict result;
  result["frames"] = stats.frames;
  result["frames_dropped"] = stats.frames_dropped;
  result["packets"] = stats.packets;
  result["octets"] = stats.octets;
  result["packets_queued"] = use->queued_packets();
  result["packets_retransmitted"] = stats.packets_retransmitted;
  result["retransmissions_missing"] = stats.retransmissions_missing;
  result["retransmissions_refused"] = stats.retransmissions_refused;
  return result;
}

void register_sender_of_video(py::module_& m) {
  py::class_<VideoSender>(m, "VideoSender", "Payloads of pictures in, RTP packets out.")
      .def(py::init([](std::uint32_t ssrc, std::uint8_t payload_type, std::uint32_t rtx_ssrc,
                       std::optional<std::uint8_t> rtx_payload_type, std::string mid, std::uint8_t mid_id,
                       std::uint8_t abs_send_time_id, std::uint16_t first_sequence_number,
                       std::uint32_t first_timestamp) {
             return std::make_unique<VideoSender>(
                 "VideoSender",
                 sender_options(ssrc, payload_type, rtx_ssrc, rtx_payload_type, std::move(mid), mid_id,
                                abs_send_time_id, first_sequence_number, first_timestamp));
           }),
           py::kw_only(), py::arg("ssrc"), py::arg("payload_type"), py::arg("rtx_ssrc") = 0,
           py::arg("rtx_payload_type") = py::none(), py::arg("mid") = "", py::arg("mid_id") = 0,
           py::arg("abs_send_time_id") = 0, py::arg("first_sequence_number") = 0,
           py::arg("first_timestamp") = 0)
      .def(
          "renegotiate",
          [](VideoSender& self, std::uint32_t ssrc, std::uint8_t payload_type, std::uint32_t rtx_ssrc,
             std::optional<std::uint8_t> rtx_payload_type, std::string mid, std::uint8_t mid_id,
             std::uint8_t abs_send_time_id) {
            self.use()->renegotiate(sender_options(ssrc, payload_type, rtx_ssrc, rtx_payload_type,
                                                   std::move(mid), mid_id, abs_send_time_id, 0, 0));
          },
          py::kw_only(), py::arg("ssrc"), py::arg("payload_type"), py::arg("rtx_ssrc") = 0,
          py::arg("rtx_payload_type") = py::none(), py::arg("mid") = "", py::arg("mid_id") = 0,
          py::arg("abs_send_time_id") = 0)
      .def("push", &push_payloads, py::arg("payloads"), py::arg("captured_us"))
      .def("pull", &pull_packets, py::arg("now_us"), py::kw_only(), py::arg("bitrate"))
      .def("retransmit", &retransmit, py::arg("sequence_numbers"))
      .def(
          "sender_info",
          [](VideoSender& self, std::int64_t now_us) {
            const auto use = self.use();
            return py::make_tuple(use->timestamp_at(now_us), use->stats().packets, use->stats().octets);
          },
          py::arg("now_us"))
      .def("stats", &sender_stats);
}

// --- what is received ---

stream::VideoSourceOptions receiver_options(const PayloadTypes& payload_types, std::uint32_t ssrc,
                                            std::uint32_t rtx_ssrc) {
  stream::VideoSourceOptions options;
  options.payload_types = payload_types_of(payload_types);
  options.layers.push_back({"", ssrc, rtx_ssrc});
  return options;
}

py::list push_packet(VideoReceiver& self, const py::object& packet, std::int64_t now_us) {
  const Bytes data(packet, "packet");
  const auto use = self.use();
  use->push(data.span(), now_us);
  py::list frames;
  while (const auto frame = use->next_frame()) {
    frames.append(py::make_tuple(name_of(frame->codec), frame->is_key, frame->timestamp, frame->arrival_us,
                                 to_bytes(frame->data)));
  }
  return frames;
}

py::tuple poll_requests(VideoReceiver& self, std::int64_t now_us, std::int64_t retry_us) {
  const auto request = self.use()->poll(now_us, retry_us);
  return py::make_tuple(request.key_frame, request.sequence_numbers);
}

py::dict receiver_stats(VideoReceiver& self) {
  const auto use = self.use();
  const stream::VideoLayer& layer = use->layer();
  const stream::VideoSourceCounters& packets = use->source_counters();
  const stream::VideoReceiverCounters& frames = use->counters();
  py::dict result;
  result["ssrc"] = layer.stats.ssrc;
  result["packets"] = layer.stats.packets;
  result["octets"] = layer.stats.octets;
  result["packets_lost"] = layer.reception.packets_lost();
  result["jitter"] = layer.reception.jitter() / 90'000;
  result["packets_requested"] = layer.stats.packets_requested;
  result["packets_recovered"] = packets.packets_recovered;
  result["packets_duplicate"] = packets.packets_duplicate;
  result["packets_malformed"] = packets.packets_malformed;
  result["packets_unknown"] = packets.packets_unknown;
  result["frames"] = frames.frames;
  result["key_frames"] = frames.key_frames;
  result["frames_malformed"] = frames.frames_malformed;
  result["jumps"] = frames.jumps;
  result["key_frames_requested"] = layer.stats.key_frames_requested;
  result["width"] = layer.stats.size.width;
  result["height"] = layer.stats.size.height;
  return result;
}

void register_receiver_of_video(py::module_& m) {
  py::class_<VideoReceiver>(m, "VideoReceiver", "RTP packets in, whole pictures out.")
      .def(py::init([](const PayloadTypes& payload_types, std::uint32_t ssrc, std::uint32_t rtx_ssrc) {
             return std::make_unique<VideoReceiver>("VideoReceiver",
                                                    receiver_options(payload_types, ssrc, rtx_ssrc));
           }),
           py::kw_only(), py::arg("payload_types"), py::arg("ssrc") = 0, py::arg("rtx_ssrc") = 0)
      .def(
          "renegotiate",
          [](VideoReceiver& self, const PayloadTypes& payload_types, std::uint32_t ssrc,
             std::uint32_t rtx_ssrc) {
            self.use()->renegotiate(receiver_options(payload_types, ssrc, rtx_ssrc));
          },
          py::kw_only(), py::arg("payload_types"), py::arg("ssrc") = 0, py::arg("rtx_ssrc") = 0)
      .def(
          "set_watched", [](VideoReceiver& self, bool watched) { self.use()->set_watched(watched); },
          py::arg("watched"))
      .def("restart", [](VideoReceiver& self) { self.use()->restart(); })
      .def("push", &push_packet, py::arg("packet"), py::arg("now_us"))
      .def("poll", &poll_requests, py::arg("now_us"), py::kw_only(), py::arg("retry_us") = 100'000)
      .def("report_block", [](VideoReceiver& self) { return self.use()->report(); })
      .def("stats", &receiver_stats);
}

}  // namespace

void register_video_streams(py::module_& m) {
  register_sender_of_video(m);
  register_receiver_of_video(m);
}

}  // namespace chime::bindings
