#include "opus/packet.hpp"

#include <algorithm>

namespace chime::opus {

namespace {

// A frame of one octet has its flags but no room for what they promise (the SDK's rule, too).
constexpr std::size_t kMinLbrrFrameSize = 2;

// A frame length of one or two octets (RFC 6716, section 3.2.1). Takes it off the front of `rest`.
std::optional<std::size_t> read_length(Bytes& rest) {
  if (rest.empty()) return std::nullopt;
  const std::size_t first = rest[0];
  if (first < 252) {
    rest = rest.subspan(1);
    return first;
  }
  if (rest.size() < 2) return std::nullopt;
  const std::size_t length = 4 * std::size_t{rest[1]} + first;
  rest = rest.subspan(2);
  return length;
}

// The padding length of a code 3 packet, then the padding itself off the back (RFC 6716, section 3.2.5).
bool remove_padding(Bytes& rest) {
  std::size_t padding = 0;
  std::uint8_t octet = 0;
  do {
    if (rest.empty()) return false;
    octet = rest[0];
    rest = rest.subspan(1);
    padding += octet == 255 ? 254 : octet;
  } while (octet == 255);
  if (padding > rest.size()) return false;
  rest = rest.first(rest.size() - padding);
  return true;
}

}  // namespace

Bandwidth Toc::bandwidth() const {
  switch (mode()) {
    case Mode::silk:
      return static_cast<Bandwidth>(config / 4);
    case Mode::hybrid:
      return config < 14 ? Bandwidth::super_wide : Bandwidth::full;
    case Mode::celt:
      break;
  }
  // CELT has no medium band.
  return config < 20 ? Bandwidth::narrow : static_cast<Bandwidth>(config / 4 - 3);
}

int Toc::frame_samples() const {
  constexpr std::array<int, 4> kSilk{480, 960, 1920, 2880};
  switch (mode()) {
    case Mode::silk:
      return kSilk[config & 3];
    case Mode::hybrid:
      return kSilk[config & 1];
    case Mode::celt:
      break;
  }
  return 120 << (config & 3);
}

int Toc::silk_frames() const {
  return mode() == Mode::celt ? 0 : std::max(1, frame_samples() / (kSampleRate / 50));
}

Toc read_toc(std::uint8_t octet) {
  return {static_cast<std::uint8_t>(octet >> 3), (octet & 4) != 0, static_cast<std::uint8_t>(octet & 3)};
}

bool parse_packet(Bytes data, Packet& packet) {
  if (data.empty()) return false;
  packet.toc_ = read_toc(data[0]);
  Bytes rest = data.subspan(1);
  std::size_t count = packet.toc_.code == 0 ? 1 : 2;
  bool variable = packet.toc_.code == 2;
  if (packet.toc_.code == 3) {
    if (rest.empty()) return false;
    const std::uint8_t octet = rest[0];
    rest = rest.subspan(1);
    count = octet & 0x3F;
    variable = (octet & 0x80) != 0;
    if (count == 0 || static_cast<int>(count) * packet.toc_.frame_samples() > kMaxPacketSamples) return false;
    if ((octet & 0x40) != 0 && !remove_padding(rest)) return false;
  }

  std::array<std::size_t, kMaxFrames> lengths;
  if (variable) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i + 1 < count; ++i) {
      const auto length = read_length(rest);
      if (!length) return false;
      lengths[i] = *length;
      sum += *length;
    }
    if (sum > rest.size()) return false;
    lengths[count - 1] = rest.size() - sum;
  } else {
    if (rest.size() % count != 0) return false;
    std::fill_n(lengths.begin(), count, rest.size() / count);
  }
  if (lengths[count - 1] > kMaxFrameSize) return false;

  packet.payload_offset_ = static_cast<std::size_t>(rest.data() - data.data());
  for (std::size_t i = 0; i < count; ++i) {
    packet.frames_[i] = rest.first(lengths[i]);
    rest = rest.subspan(lengths[i]);
  }
  packet.count_ = count;
  return true;
}

int packet_samples(Bytes data) {
  Packet packet;
  return parse_packet(data, packet) ? packet.samples() : 0;
}

std::optional<FrameFlags> read_flags(const Toc& toc, Bytes frame) {
  if (toc.mode() == Mode::celt || frame.empty()) return std::nullopt;
  // At most two times three VAD bits and an LBRR bit, so all flags are in the first octet, most significant
  // first.
  FrameFlags flags;
  int shift = 7;
  for (std::size_t channel = 0; channel < static_cast<std::size_t>(toc.channels()); ++channel) {
    for (int n = 0; n < toc.silk_frames(); ++n, --shift) {
      flags.vad[channel] = static_cast<std::uint8_t>(flags.vad[channel] | (frame[0] >> shift & 1) << n);
    }
    flags.lbrr[channel] = (frame[0] >> shift & 1) != 0;
    --shift;
  }
  return flags;
}

VoiceActivity voice_activity(const Packet& packet) {
  if (packet.toc().mode() == Mode::celt) return VoiceActivity::unknown;
  for (const Bytes frame : packet.frames()) {
    const auto flags = read_flags(packet.toc(), frame);
    if (flags && (flags->vad[0] | flags->vad[1]) != 0) return VoiceActivity::voice;
  }
  return VoiceActivity::none;
}

VoiceActivity voice_activity(Bytes data) {
  Packet packet;
  return parse_packet(data, packet) ? voice_activity(packet) : VoiceActivity::unknown;
}

bool has_lbrr(const Packet& packet) {
  const Bytes frame = packet.frames().front();
  const int silk_frames = packet.toc().silk_frames();
  if (silk_frames == 0 || frame.size() < kMinLbrrFrameSize) return false;
  // read_flags() for these bits only: each follows the VAD bits of its channel.
  unsigned lbrr = 0x80U >> silk_frames;
  if (packet.toc().stereo) lbrr |= lbrr >> (silk_frames + 1);
  return (frame[0] & lbrr) != 0;
}

bool has_lbrr(Bytes data) {
  Packet packet;
  return parse_packet(data, packet) && has_lbrr(packet);
}

bool worth_repeating(Bytes data) {
  if (data.empty()) return false;
  return read_toc(data[0]).mode() == Mode::celt || voice_activity(data) == VoiceActivity::voice;
}

}  // namespace chime::opus
