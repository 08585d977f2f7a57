// Any octets: refused, or read and written again into an equal packet.
#include <algorithm>
#include <array>
#include <vector>

#include "fuzz/check.hpp"
#include "rtp/packet.hpp"

using namespace chime::rtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  Packet packet;
  if (parse_packet(input, packet) != ParseError::none) return 0;

  std::vector<std::uint32_t> csrcs;
  for (std::size_t n = 0; n < packet.csrc_count(); ++n) csrcs.push_back(packet.csrc(n));
  std::vector<ExtensionElement> elements;
  for (const auto& element : packet.extensions) {
    CHIME_CHECK(element.data.data() >= input.data());
    CHIME_CHECK(element.data.data() + element.data.size() <= input.data() + input.size());
    if (element.id != 0) elements.push_back(element);
    (void)read_audio_level(element.data);
    (void)read_csrc_audio_level(element.data, 3);
    (void)read_abs_send_time(element.data);
    (void)read_transport_sequence_number(element.data);
    (void)read_mid(element.data);
  }

  // A block of empty two-byte elements may take one octet less in the input than we pad to.
  std::vector<std::uint8_t> out(size + 8 + elements.size());
  const auto written = pack_packet(packet, packet.payload, {csrcs, elements, packet.padding_size}, out);
  CHIME_CHECK(written.has_value());
  Packet again;
  CHIME_CHECK(parse_packet(Bytes(out).first(*written), again) == ParseError::none);
  CHIME_CHECK(
      std::equal(again.payload.begin(), again.payload.end(), packet.payload.begin(), packet.payload.end()));
  CHIME_CHECK(again.csrc_count() == packet.csrc_count());
  CHIME_CHECK(again.timestamp == packet.timestamp && again.sequence_number == packet.sequence_number);
  for (const auto& element : elements) {
    const auto found = again.extensions.find(element.id);
    const auto first = packet.extensions.find(element.id);
    CHIME_CHECK(found && first && std::equal(found->begin(), found->end(), first->begin(), first->end()));
  }
  return 0;
}
