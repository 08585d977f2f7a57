// RTP streams of made-up speech, for tests of what receives them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "stream/audio_sender.hpp"

namespace chime::tests {

using RtpPacket = std::vector<std::uint8_t>;

// 10 ms of a voiced buzz with syllables and pauses, all the same for the same arguments.
inline std::vector<std::int16_t> buzz(int block, int sample_rate, int channels, double pitch_hz) {
  const auto frames = static_cast<std::size_t>(sample_rate / 100);
  std::vector<std::int16_t> pcm;
  for (std::size_t i = 0; i < frames; ++i) {
    const double t = 0.01 * block + static_cast<double>(i) / sample_rate;
    double sum = 0;
    for (int k = 1; k <= 10; ++k) sum += std::sin(2 * std::numbers::pi * pitch_hz * k * t) / k;
    const double syllable = std::max(0.0, std::sin(2 * std::numbers::pi * 3.1 * t));
    const double talking = std::fmod(t, 1.6) < 1.2 ? 1 : 0;
    pcm.insert(pcm.end(), static_cast<std::size_t>(channels),
               static_cast<std::int16_t>(4000 * sum * syllable * talking));
  }
  return pcm;
}

// `seconds` of 20 ms packets as RED with in-band FEC and copies, or as plain Opus.
inline std::vector<RtpPacket> rtp_stream(std::uint32_t ssrc, double seconds, bool red = true,
                                         double pitch_hz = 130) {
  stream::AudioSenderOptions options;
  options.ssrc = ssrc;
  if (red) options.red_payload_type = 63;
  options.encoder.fec = true;
  options.audio_level_id = 1;
  options.first_sequence_number = 65500;  // wraps soon
  options.first_timestamp = 0xFFFFF000U;
  stream::AudioSender sender(options);
  sender.on_report({.fraction_lost = 0.1});
  std::vector<RtpPacket> packets;
  std::array<std::uint8_t, stream::AudioSender::kMaxPacketSize> out;
  for (int block = 0; block < seconds * 100; ++block) {
    const auto size = sender.push(buzz(block, 48000, 1, pitch_hz), block * 10000, out);
    if (size > 0) packets.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return packets;
}

}  // namespace chime::tests
