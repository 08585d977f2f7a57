// Forwarding of video: sources in, sinks out.
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "bindings/threads.hpp"
#include "bindings/video_types.hpp"
#include "stream/video_forwarder.hpp"

namespace chime::bindings {
namespace {

using VideoForwarder = OneThread<stream::VideoForwarder>;
using Layers = std::vector<std::tuple<std::string, std::uint32_t, std::uint32_t>>;
using Selection = std::optional<std::pair<std::int64_t, std::size_t>>;

// Unknown keys are KeyErrors, as in a dict.
template <typename Call>
auto with_key_error(Call call) {
  try {
    return call();
  } catch (const std::out_of_range& error) {
    throw py::key_error(error.what());
  }
}

py::list to_list(const stream::ForwardedPackets& packets) {
  py::list result(packets.entries().size());
  std::size_t index = 0;
  for (const auto& entry : packets.entries()) {
    result[index++] = py::make_tuple(entry.sink, to_bytes(packets.bytes(entry)));
  }
  return result;
}

void set_source(VideoForwarder& self, std::int64_t key, const PayloadTypes& payload_types,
                const Layers& layers, std::uint8_t rid_id, std::uint8_t repaired_rid_id,
                std::uint8_t transport_cc_id, bool is_new) {
  stream::VideoSourceOptions options{
      payload_types_of(payload_types), {}, rid_id, repaired_rid_id, transport_cc_id};
  for (const auto& [rid, ssrc, rtx_ssrc] : layers) options.layers.push_back({rid, ssrc, rtx_ssrc});
  with_key_error([&] {
    const auto use = self.use();
    if (is_new) {
      use->add_source(key, std::move(options));
    } else {
      use->renegotiate_source(key, std::move(options));
    }
  });
}

void set_sink(VideoForwarder& self, std::int64_t key, stream::VideoSinkOptions options, bool is_new) {
  with_key_error([&] {
    const auto use = self.use();
    if (is_new) {
      use->add_sink(key, std::move(options));
    } else {
      use->renegotiate_sink(key, std::move(options));
    }
  });
}

void register_sources(py::class_<VideoForwarder>& forwarder) {
  for (const bool is_new : {true, false}) {
    forwarder.def(
        is_new ? "add_source" : "renegotiate_source",
        [is_new](VideoForwarder& self, std::int64_t key, const PayloadTypes& payload_types,
                 const Layers& layers, std::uint8_t rid_id, std::uint8_t repaired_rid_id,
                 std::uint8_t transport_cc_id) {
          set_source(self, key, payload_types, layers, rid_id, repaired_rid_id, transport_cc_id, is_new);
        },
        py::arg("key"), py::kw_only(), py::arg("payload_types"), py::arg("layers"), py::arg("rid_id") = 0,
        py::arg("repaired_rid_id") = 0, py::arg("transport_cc_id") = 0);
  }
  forwarder.def(
      "remove_source",
      [](VideoForwarder& self, std::int64_t key) { with_key_error([&] { self.use()->remove_source(key); }); },
      py::arg("key"));
}

void register_sinks(py::class_<VideoForwarder>& forwarder) {
  forwarder
      .def(
          "add_sink",
          [](VideoForwarder& self, std::int64_t key, std::uint32_t ssrc, const PayloadTypes& payload_types,
             std::uint32_t rtx_ssrc, std::string mid, std::uint8_t mid_id, std::uint8_t abs_send_time_id,
             std::uint16_t first_sequence_number, std::uint32_t first_timestamp) {
            set_sink(self, key,
                     {ssrc, rtx_ssrc, payload_types_of(payload_types), std::move(mid), mid_id,
                      abs_send_time_id, first_sequence_number, first_timestamp},
                     true);
          },
          py::arg("key"), py::kw_only(), py::arg("ssrc"), py::arg("payload_types"), py::arg("rtx_ssrc") = 0,
          py::arg("mid") = "", py::arg("mid_id") = 0, py::arg("abs_send_time_id") = 0,
          py::arg("first_sequence_number") = 0, py::arg("first_timestamp") = 0)
      .def(
          "renegotiate_sink",
          [](VideoForwarder& self, std::int64_t key, std::uint32_t ssrc, const PayloadTypes& payload_types,
             std::uint32_t rtx_ssrc, std::string mid, std::uint8_t mid_id, std::uint8_t abs_send_time_id) {
            set_sink(self, key,
                     {ssrc, rtx_ssrc, payload_types_of(payload_types), std::move(mid), mid_id,
                      abs_send_time_id, 0, 0},
                     false);
          },
          py::arg("key"), py::kw_only(), py::arg("ssrc"), py::arg("payload_types"), py::arg("rtx_ssrc") = 0,
          py::arg("mid") = "", py::arg("mid_id") = 0, py::arg("abs_send_time_id") = 0)
      .def(
          "remove_sink",
          [](VideoForwarder& self, std::int64_t key) {
            with_key_error([&] { self.use()->remove_sink(key); });
          },
          py::arg("key"))
      .def(
          "select",
          [](VideoForwarder& self, std::int64_t sink, const Selection& selection) {
            std::optional<stream::VideoSelection> chosen;
            if (selection) chosen = stream::VideoSelection{selection->first, selection->second};
            with_key_error([&] { self.use()->select(sink, chosen); });
          },
          py::arg("sink"), py::arg("selection").none(true))
      .def(
          "set_paused",
          [](VideoForwarder& self, std::int64_t sink, bool paused) {
            with_key_error([&] { self.use()->set_paused(sink, paused); });
          },
          py::arg("sink"), py::arg("paused"))
      .def(
          "current",
          [](VideoForwarder& self, std::int64_t sink) {
            return with_key_error([&]() -> Selection {
              const auto current = self.use()->sink(sink).current();
              if (!current) return std::nullopt;
              return std::pair(current->source, current->layer);
            });
          },
          py::arg("sink"));
}

void register_packets(py::class_<VideoForwarder>& forwarder) {
  forwarder
      .def(
          "push",
          [](VideoForwarder& self, std::int64_t source, const py::object& packet, std::int64_t now_us) {
            const Bytes data(packet, "packet");
            return with_key_error([&] {
              const auto use = self.use();
              return to_list(use->push(source, data.span(), now_us));
            });
          },
          py::arg("source"), py::arg("packet"), py::arg("now_us"))
      .def(
          "retransmit",
          [](VideoForwarder& self, std::int64_t sink, const std::vector<std::uint16_t>& sequence_numbers) {
            return with_key_error([&] {
              const auto use = self.use();
              return to_list(use->retransmit(sink, sequence_numbers));
            });
          },
          py::arg("sink"), py::arg("sequence_numbers"))
      .def(
          "request_key_frame",
          [](VideoForwarder& self, std::int64_t sink) {
            with_key_error([&] { self.use()->request_key_frame(sink); });
          },
          py::arg("sink"))
      .def(
          "poll",
          [](VideoForwarder& self, std::int64_t now_us, std::int64_t retry_us) {
            const auto use = self.use();
            py::list result;
            for (const auto& request : use->poll(now_us, retry_us)) {
              result.append(py::make_tuple(request.source, request.ssrc, request.sequence_numbers));
            }
            return result;
          },
          py::arg("now_us"), py::kw_only(), py::arg("retry_us") = 100'000);
}

// An RTCP packet, empty when nothing came.
py::bytes transport_feedback(VideoForwarder& self, std::int64_t source, std::uint32_t ssrc) {
  return with_key_error([&] {
    const auto use = self.use();
    stream::VideoSource& found = use->source(source);
    std::array<std::uint8_t, rtp::TransportFeedback::kMaxSize> out;
    const auto size = found.transport_feedback().write(ssrc, found.newest_ssrc(), out);
    return to_bytes(std::span(out).first(size.value_or(0)));
  });
}

py::dict layer_stats(const stream::VideoLayer& layer) {
  const stream::VideoLayerStats& stats = layer.stats;
  py::dict result;
  result["rid"] = layer.name.rid;
  result["ssrc"] = stats.ssrc;
  result["packets"] = stats.packets;
  result["octets"] = stats.octets;
  result["key_frames"] = stats.key_frames;
  result["key_frames_requested"] = stats.key_frames_requested;
  result["packets_requested"] = stats.packets_requested;
  result["packets_lost"] = layer.reception.packets_lost();
  result["width"] = stats.size.width;
  result["height"] = stats.size.height;
  result["codec"] = stats.codec ? py::object(py::str(name_of(*stats.codec))) : py::object(py::none());
  return result;
}

py::dict source_stats(VideoForwarder& self, std::int64_t key) {
  return with_key_error([&] {
    const auto use = self.use();
    const stream::VideoSource& source = use->source(key);
    const stream::VideoSourceCounters& counters = source.counters();
    py::dict result;
    result["packets_malformed"] = counters.packets_malformed;
    result["packets_unknown"] = counters.packets_unknown;
    result["packets_duplicate"] = counters.packets_duplicate;
    result["packets_recovered"] = counters.packets_recovered;
    result["packets_padding"] = counters.packets_padding;
    py::list layers;
    for (const stream::VideoLayer& layer : source.layers()) layers.append(layer_stats(layer));
    result["layers"] = layers;
    return result;
  });
}

py::dict sink_stats(VideoForwarder& self, std::int64_t key) {
  return with_key_error([&] {
    const auto use = self.use();
    const stream::VideoSinkStats& stats = use->sink(key).stats();
    py::dict result;
    result["packets"] = stats.packets;
    result["octets"] = stats.octets;
    result["packets_retransmitted"] = stats.packets_retransmitted;
    result["retransmissions_missing"] = stats.retransmissions_missing;
    result["retransmissions_refused"] = stats.retransmissions_refused;
    result["packets_undecodable"] = stats.packets_undecodable;
    result["switches"] = stats.switches;
    return result;
  });
}

void register_reports(py::class_<VideoForwarder>& forwarder) {
  forwarder
      .def(
          "report_block",
          [](VideoForwarder& self, std::int64_t source, std::size_t layer) {
            return with_key_error([&]() -> std::optional<jitter::ReportBlock> {
              const auto use = self.use();
              auto layers = use->source(source).layers();
              if (layer >= layers.size()) return std::nullopt;
              return layers[layer].reception.report(layers[layer].ssrc);
            });
          },
          py::arg("source"), py::arg("layer"))
      .def(
          "sender_info",
          [](VideoForwarder& self, std::int64_t sink, std::int64_t now_us) {
            return with_key_error([&] {
              const auto use = self.use();
              const stream::VideoSink& found = use->sink(sink);
              return py::make_tuple(found.timestamp_at(now_us), found.stats().packets, found.stats().octets);
            });
          },
          py::arg("sink"), py::arg("now_us"))
      .def("transport_feedback", &transport_feedback, py::arg("source"), py::arg("ssrc"))
      .def("source_stats", &source_stats, py::arg("source"))
      .def("sink_stats", &sink_stats, py::arg("sink"));
}

}  // namespace

void register_forwarder(py::module_& m) {
  py::class_<VideoForwarder> forwarder(
      m, "VideoForwarder", "Forwards the RTP packets of video, as they are, to those who chose them.");
  forwarder.def(py::init([] { return std::make_unique<VideoForwarder>("VideoForwarder"); }));
  register_sources(forwarder);
  register_sinks(forwarder);
  register_packets(forwarder);
  register_reports(forwarder);
}

}  // namespace chime::bindings
