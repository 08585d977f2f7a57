// Looking into Opus packets without decoding them: frames, duration, voice activity and in-band FEC (RFC
// 6716, sections 3 and 4.2.3). No allocation, no exceptions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/bytes.hpp"

namespace chime::opus {

using rtp::Bytes;

// Opus counts time in samples at this rate, whatever it codes; its RTP clock is the same (RFC 7587).
inline constexpr int kSampleRate = 48000;
// 120 ms, the longest a packet may last (RFC 6716, section 3.2, R5).
inline constexpr int kMaxPacketSamples = 5760;
// 120 ms of 2.5 ms frames.
inline constexpr std::size_t kMaxFrames = 48;
// The longest a frame may be (RFC 6716, section 3.2.1).
inline constexpr std::size_t kMaxFrameSize = 1275;

enum class Mode : std::uint8_t { silk, hybrid, celt };
enum class Bandwidth : std::uint8_t { narrow, medium, wide, super_wide, full };

// The first octet of a packet, which describes every frame in it.
struct Toc {
  std::uint8_t config = 0;  // 0 to 31
  bool stereo = false;
  std::uint8_t code = 0;  // 0: one frame, 1: two of equal size, 2: two, 3: any number

  [[nodiscard]] Mode mode() const {
    return config < 12 ? Mode::silk : config < 16 ? Mode::hybrid : Mode::celt;
  }
  [[nodiscard]] Bandwidth bandwidth() const;
  // Duration of one frame in samples at 48 kHz: 120 to 2880.
  [[nodiscard]] int frame_samples() const;
  // SILK frames in one Opus frame: 0 (CELT) to 3 (60 ms).
  [[nodiscard]] int silk_frames() const;
  [[nodiscard]] int channels() const { return stereo ? 2 : 1; }
};
[[nodiscard]] Toc read_toc(std::uint8_t octet);

// A valid packet. Views of the parsed octets.
class Packet {
 public:
  [[nodiscard]] const Toc& toc() const { return toc_; }
  // Frames in order; an empty one is a lost or discontinuously transmitted frame.
  [[nodiscard]] std::span<const Bytes> frames() const { return {frames_.data(), count_}; }
  // Duration of the packet in samples at 48 kHz: 120 to 5760.
  [[nodiscard]] int samples() const { return static_cast<int>(count_) * toc_.frame_samples(); }
  // Where the first frame's data starts in the packet.
  [[nodiscard]] std::size_t payload_offset() const { return payload_offset_; }

 private:
  friend bool parse_packet(Bytes data, Packet& packet);

  Toc toc_;
  std::array<Bytes, kMaxFrames> frames_;
  std::size_t count_ = 0;
  std::size_t payload_offset_ = 0;
};

// Reads the packet's framing, rules R1 to R7 of RFC 6716 included. `packet` is only meaningful when it
// returns true.
[[nodiscard]] bool parse_packet(Bytes data, Packet& packet);

// Duration of a packet in samples at 48 kHz, 0 when it is invalid.
[[nodiscard]] int packet_samples(Bytes data);

// The flags that begin a SILK or hybrid frame (RFC 6716, section 4.2.3), for mid and side channel. Bit n of
// `vad` is the voice activity of the nth SILK frame.
struct FrameFlags {
  std::array<std::uint8_t, 2> vad{};
  std::array<bool, 2> lbrr{};
};
// Nothing for CELT and for empty frames, which have no flags.
[[nodiscard]] std::optional<FrameFlags> read_flags(const Toc& toc, Bytes frame);

enum class VoiceActivity : std::int8_t { unknown = -1, none = 0, voice = 1 };

// Voice anywhere in the packet; unknown for CELT, which codes no such flag, and for invalid packets.
[[nodiscard]] VoiceActivity voice_activity(const Packet& packet);
[[nodiscard]] VoiceActivity voice_activity(Bytes data);

// Whether the packet carries in-band FEC (low bit-rate redundancy) of the audio just before it: of the
// duration of one of its frames. Only the first frame counts, as a decoder reads FEC from nowhere else. False
// for invalid packets.
[[nodiscard]] bool has_lbrr(const Packet& packet);
[[nodiscard]] bool has_lbrr(Bytes data);

// Worth sending twice: voice, or CELT, where music and voice cannot be told from silence.
// The rule of amazon-chime-sdk-js, RedundantAudioEncodedTransform.ts.
[[nodiscard]] bool worth_repeating(Bytes data);

}  // namespace chime::opus
