// Any octets: the framing is that of libopus, and whatever is framed decodes, mends and conceals into what
// was promised.
#include <opus.h>

#include <array>
#include <cstdint>

#include "fuzz/check.hpp"
#include "opus/decoder.hpp"
#include "opus/packet.hpp"

using namespace chime::opus;

namespace {

void check_framing(Bytes data, const Packet* packet) {
  unsigned char toc = 0;
  const unsigned char* frames[kMaxFrames];
  opus_int16 sizes[kMaxFrames];
  int offset = 0;
  const int count = data.empty() ? OPUS_INVALID_PACKET
                                 : opus_packet_parse(data.data(), static_cast<int>(data.size()), &toc, frames,
                                                     sizes, &offset);
  CHIME_CHECK((packet != nullptr) == (count > 0));
  if (packet == nullptr) return;
  CHIME_CHECK(packet->frames().size() == static_cast<std::size_t>(count));
  CHIME_CHECK(packet->payload_offset() == static_cast<std::size_t>(offset));
  for (std::size_t n = 0; n < packet->frames().size(); ++n) {
    CHIME_CHECK(packet->frames()[n].data() == frames[n]);
    CHIME_CHECK(packet->frames()[n].size() == static_cast<std::size_t>(sizes[n]));
    (void)read_flags(packet->toc(), packet->frames()[n]);
  }
  CHIME_CHECK(packet->samples() <= kMaxPacketSamples);
}

void check_decoding(Bytes data, const Packet& packet) {
  // One decoder for all inputs: what came before is part of the input's luck, as on a real stream.
  static Decoder decoder(kSampleRate, 2);
  static std::array<std::int16_t, 2 * kMaxPacketSamples> pcm;
  if (has_lbrr(packet)) CHIME_CHECK(decoder.decode_fec(data, packet.toc().frame_samples(), pcm) != 0);
  const int decoded = decoder.decode(data, pcm);
  CHIME_CHECK(decoded < 0 || decoded == packet.samples());
  CHIME_CHECK(decoder.conceal(480, pcm) == 480);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  Packet packet;
  const bool valid = parse_packet(input, packet);
  check_framing(input, valid ? &packet : nullptr);
  (void)voice_activity(input);
  (void)worth_repeating(input);
  CHIME_CHECK(packet_samples(input) == (valid ? packet.samples() : 0));
  if (valid) check_decoding(input, packet);
  return 0;
}
