#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <vector>

#include "bindings/buffers.hpp"
#include "bindings/register.hpp"
#include "rtp/packet.hpp"
#include "rtp/red.hpp"

namespace chime::bindings {

namespace {

using namespace pybind11::literals;

// A packet that owns its parts, for tools and tests; the media path works on views.
struct RtpPacket {
  rtp::Header header;
  py::bytes payload;
  std::vector<std::uint32_t> csrcs;
  py::dict extensions;  // id: bytes
  std::uint8_t padding_size = 0;
};

RtpPacket parse(const py::object& packet) {
  const Bytes data(packet, "packet");
  rtp::Packet parsed;
  const auto error = rtp::parse_packet(data.span(), parsed);
  if (error != rtp::ParseError::none) {
    throw py::value_error(std::string("packet is not a valid RTP packet: ") + rtp::describe(error));
  }
  RtpPacket result{parsed, to_bytes(parsed.payload), {}, {}, parsed.padding_size};
  for (std::size_t n = 0; n < parsed.csrc_count(); ++n) result.csrcs.push_back(parsed.csrc(n));
  for (const auto& element : parsed.extensions) {
    const py::int_ id(element.id);
    if (!result.extensions.contains(id))
      result.extensions[id] = to_bytes(element.data);  // the first one counts
  }
  return result;
}

py::bytes pack(const RtpPacket& packet) {
  const Bytes payload(packet.payload, "payload");
  std::vector<std::string> data;
  std::vector<rtp::ExtensionElement> elements;
  data.reserve(packet.extensions.size());
  for (const auto& [id, value] : packet.extensions) {
    data.push_back(py::cast<std::string>(value));
    elements.push_back({py::cast<std::uint8_t>(id),
                        {reinterpret_cast<const std::uint8_t*>(data.back().data()), data.back().size()}});
  }
  std::vector<std::uint8_t> out(12 + 60 + 4 + elements.size() * 257 + 3 + payload.span().size() + 255);
  const auto size =
      rtp::pack_packet(packet.header, payload.span(), {packet.csrcs, elements, packet.padding_size}, out);
  if (!size) {
    throw py::value_error(
        "packet cannot be packed: csrcs are at most 15, extension ids 1 to 255 with at most 255 bytes, "
        "payload types "
        "0 to 127");
  }
  return to_bytes(std::span(out).first(*size));
}

void register_packet(py::module_& m) {
  py::class_<RtpPacket>(m, "RtpPacket")
      .def(py::init([](std::uint8_t payload_type, std::uint16_t sequence_number, std::uint32_t timestamp,
                       std::uint32_t ssrc, bool marker, py::bytes payload, std::vector<std::uint32_t> csrcs,
                       const std::optional<py::dict>& extensions, std::uint8_t padding_size) {
             return RtpPacket{{marker, payload_type, sequence_number, timestamp, ssrc},
                              std::move(payload),
                              std::move(csrcs),
                              extensions ? *extensions : py::dict(),
                              padding_size};
           }),
           py::kw_only(), "payload_type"_a, "sequence_number"_a, "timestamp"_a, "ssrc"_a, "marker"_a = false,
           "payload"_a = py::bytes(), "csrcs"_a = std::vector<std::uint32_t>(), "extensions"_a = py::none(),
           "padding_size"_a = 0)
      .def_static("parse", &parse, "packet"_a)
      .def("pack", &pack)
      .def_property_readonly("payload_type",
                             [](const RtpPacket& packet) { return packet.header.payload_type; })
      .def_property_readonly("sequence_number",
                             [](const RtpPacket& packet) { return packet.header.sequence_number; })
      .def_property_readonly("timestamp", [](const RtpPacket& packet) { return packet.header.timestamp; })
      .def_property_readonly("ssrc", [](const RtpPacket& packet) { return packet.header.ssrc; })
      .def_property_readonly("marker", [](const RtpPacket& packet) { return packet.header.marker; })
      .def_property_readonly("payload", [](const RtpPacket& packet) { return packet.payload; })
      .def_property_readonly("csrcs", [](const RtpPacket& packet) { return packet.csrcs; })
      .def_property_readonly("extensions", [](const RtpPacket& packet) { return packet.extensions; })
      .def_property_readonly("padding_size", [](const RtpPacket& packet) { return packet.padding_size; });

  m.def(
      "read_audio_level",
      [](const py::object& data) {
        const Bytes octets(data, "data");
        const auto level = rtp::read_audio_level(octets.span());
        if (!level) throw py::value_error("data must have at least one byte");
        return py::make_tuple(level->level, level->voice);
      },
      "data"_a);
  m.def(
      "write_audio_level",
      [](int level, bool voice) {
        if (level < 0 || level > 127)
          throw py::value_error("level must be 0 to 127, got " + std::to_string(level));
        return to_bytes(rtp::write_audio_level({static_cast<std::uint8_t>(level), voice}));
      },
      "level"_a, "voice"_a);
}

// --- RED ---

struct OwnedRedBlock {
  std::uint32_t timestamp = 0;
  std::uint8_t payload_type = 0;
  bool redundant = false;
  py::bytes data;
};

py::tuple split(const py::object& payload, std::uint32_t timestamp, std::uint8_t primary_payload_type) {
  const Bytes data(payload, "payload");
  rtp::RedBlocks blocks;
  const auto status = rtp::split_red(data.span(), primary_payload_type, blocks);
  py::list list;
  if (status == rtp::RedStatus::ok) {
    for (const auto& block : blocks.all()) {
      list.append(OwnedRedBlock{timestamp - block.timestamp_offset, block.payload_type,
                                &block != &blocks.primary(), to_bytes(block.data)});
    }
  }
  return py::make_tuple(rtp::describe(status), list);
}

py::bytes pack_blocks(const std::vector<std::tuple<std::uint8_t, std::uint16_t, std::string>>& blocks) {
  std::vector<rtp::RedBlock> views;
  for (const auto& [payload_type, offset, data] : blocks) {
    views.push_back(
        {payload_type, offset, {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()}});
  }
  std::vector<std::uint8_t> out(rtp::packed_red_size(views));
  if (!rtp::pack_red(views, out)) {
    throw py::value_error(
        "blocks must end with the primary one; payload types are 0 to 127, offsets 0 to 16383 and redundant "
        "blocks at "
        "most 1023 bytes long");
  }
  return to_bytes(out);
}

void register_red(py::module_& m) {
  py::class_<OwnedRedBlock>(m, "RedBlock")
      .def_property_readonly("timestamp", [](const OwnedRedBlock& block) { return block.timestamp; })
      .def_property_readonly("payload_type", [](const OwnedRedBlock& block) { return block.payload_type; })
      .def_property_readonly("redundant", [](const OwnedRedBlock& block) { return block.redundant; })
      .def_property_readonly("data", [](const OwnedRedBlock& block) { return block.data; });
  m.def("split_red", &split, "payload"_a, "timestamp"_a, "primary_payload_type"_a = 111);
  m.def("pack_red", &pack_blocks, "blocks"_a);
}

}  // namespace

void register_rtp(pybind11::module_& m) {
  register_packet(m);
  register_red(m);
}

}  // namespace chime::bindings
