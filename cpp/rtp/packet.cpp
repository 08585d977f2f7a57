#include "rtp/packet.hpp"

#include <algorithm>

namespace chime::rtp {

namespace {

constexpr std::size_t kFixedHeaderSize = 12;
constexpr std::size_t kExtensionHeaderSize = 4;
constexpr std::size_t kMaxCsrcs = 15;

// How the extension block is laid out; size 0 means there is none.
struct ExtensionLayout {
  bool two_byte = false;
  std::size_t elements_size = 0;

  [[nodiscard]] std::size_t padded_size() const { return (elements_size + 3) / 4 * 4; }
  [[nodiscard]] std::size_t size() const {
    return elements_size == 0 ? 0 : kExtensionHeaderSize + padded_size();
  }
};

std::optional<ExtensionLayout> lay_out(std::span<const ExtensionElement> elements) {
  ExtensionLayout layout;
  std::size_t data_size = 0;
  for (const auto& element : elements) {
    if (element.id == 0 || element.data.size() > 255) return std::nullopt;
    layout.two_byte |= element.id > 14 || element.data.empty() || element.data.size() > 16;
    data_size += element.data.size();
  }
  if (!elements.empty()) layout.elements_size = data_size + elements.size() * (layout.two_byte ? 2 : 1);
  if (layout.padded_size() / 4 > 0xFFFF) return std::nullopt;
  return layout;
}

std::uint8_t* write_extensions(std::span<const ExtensionElement> elements, const ExtensionLayout& layout,
                               std::uint8_t* at) {
  write_u16(at, layout.two_byte ? Extensions::kTwoByteProfile : Extensions::kOneByteProfile);
  write_u16(at + 2, static_cast<std::uint16_t>(layout.padded_size() / 4));
  at += kExtensionHeaderSize;
  for (const auto& [id, data] : elements) {
    if (layout.two_byte) {
      *at++ = id;
      *at++ = static_cast<std::uint8_t>(data.size());
    } else {
      *at++ = static_cast<std::uint8_t>(id << 4 | (data.size() - 1));
    }
    at = std::copy(data.begin(), data.end(), at);
  }
  return std::fill_n(at, layout.padded_size() - layout.elements_size, std::uint8_t{0});
}

}  // namespace

const char* describe(ParseError error) {
  switch (error) {
    case ParseError::none:
      return "none";
    case ParseError::too_short:
      return "shorter than an RTP header";
    case ParseError::bad_version:
      return "not RTP version 2";
    case ParseError::truncated_csrcs:
      return "CSRC list runs past the end";
    case ParseError::truncated_extension:
      return "header extension runs past the end";
    case ParseError::bad_padding:
      return "padding does not fit the packet";
  }
  return "unknown";
}

ParseError parse_packet(Bytes data, Packet& packet) {
  if (data.size() < kFixedHeaderSize) return ParseError::too_short;
  if (data[0] >> 6 != 2) return ParseError::bad_version;
  const bool has_padding = (data[0] & 0x20) != 0;
  const bool has_extension = (data[0] & 0x10) != 0;
  const std::size_t csrcs_size = (data[0] & 0x0Fu) * std::size_t{4};
  packet.marker = (data[1] & 0x80) != 0;
  packet.payload_type = data[1] & 0x7F;
  packet.sequence_number = read_u16(&data[2]);
  packet.timestamp = read_u32(&data[4]);
  packet.ssrc = read_u32(&data[8]);

  Bytes rest = data.subspan(kFixedHeaderSize);
  if (rest.size() < csrcs_size) return ParseError::truncated_csrcs;
  packet.csrc_octets = rest.first(csrcs_size);
  rest = rest.subspan(csrcs_size);

  packet.extensions = {};
  if (has_extension) {
    if (rest.size() < kExtensionHeaderSize) return ParseError::truncated_extension;
    const std::uint16_t profile = read_u16(rest.data());
    const std::size_t size = read_u16(rest.data() + 2) * std::size_t{4};
    rest = rest.subspan(kExtensionHeaderSize);
    if (rest.size() < size) return ParseError::truncated_extension;
    packet.extensions = {profile, rest.first(size)};
    rest = rest.subspan(size);
  }

  packet.padding_size = 0;
  if (has_padding) {
    if (rest.empty() || rest.back() == 0 || rest.back() > rest.size()) return ParseError::bad_padding;
    packet.padding_size = rest.back();
  }
  packet.payload = rest.first(rest.size() - packet.padding_size);
  return ParseError::none;
}

std::optional<std::size_t> pack_packet(const Header& header, Bytes payload, const PackOptions& options,
                                       std::span<std::uint8_t> out) {
  const auto layout = lay_out(options.extensions);
  if (!layout || options.csrcs.size() > kMaxCsrcs || header.payload_type > 0x7F) return std::nullopt;
  const std::size_t size =
      kFixedHeaderSize + 4 * options.csrcs.size() + layout->size() + payload.size() + options.padding_size;
  if (out.size() < size) return std::nullopt;

  std::uint8_t* at = out.data();
  at[0] = static_cast<std::uint8_t>(0x80 | (options.padding_size > 0 ? 0x20 : 0) |
                                    (layout->size() > 0 ? 0x10 : 0) | options.csrcs.size());
  at[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | header.payload_type);
  write_u16(at + 2, header.sequence_number);
  write_u32(at + 4, header.timestamp);
  write_u32(at + 8, header.ssrc);
  at += kFixedHeaderSize;
  for (const std::uint32_t csrc : options.csrcs) {
    write_u32(at, csrc);
    at += 4;
  }
  if (layout->size() > 0) at = write_extensions(options.extensions, *layout, at);
  at = std::copy(payload.begin(), payload.end(), at);
  if (options.padding_size > 0) {
    at = std::fill_n(at, options.padding_size - 1, std::uint8_t{0});
    *at = options.padding_size;
  }
  return size;
}

}  // namespace chime::rtp
