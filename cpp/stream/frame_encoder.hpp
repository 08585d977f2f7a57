// The part of sending that is the same for all who hear the same: PCM in, coded frames with their level out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "audio/speech.hpp"
#include "opus/encoder.hpp"
#include "rtp/extensions.hpp"
#include "stream/red_encoder.hpp"

namespace chime::stream {

// One coded frame; `packet` lies in the encoder that made it, until its next frame.
struct CodedFrame {
  rtp::Bytes packet;  // Opus; empty when there is nothing to send
  rtp::AudioLevel level;
  double energy = 0;  // as in W3C webrtc-stats: seconds times squared amplitude
  std::size_t samples = 0;
  bool failed = false;
  bool dtx = false;     // a pause: only the first frame of it has a packet, which tells the receiver
  bool active = false;  // worth repeating
  bool lbrr = false;    // carries in-band FEC
};

// Collects blocks of 10 ms into frames and codes them. One thread at a time; push() and follow() do not
// allocate.
class FrameEncoder {
 public:
  // Throws std::invalid_argument or opus::Error when an option is out of range.
  FrameEncoder(const opus::EncoderOptions& options, int frame_ms);

  // No larger frame is made, so that every frame fits RED's payload.
  static constexpr std::size_t kMaxSize = RedEncoder::kMaxPayloadSize - 1;

  // Takes 10 ms of interleaved PCM, block_samples() of it; the frame that is now complete, or nullptr.
  // may_be_voice: false for silence that only stands for muted sound.
  const CodedFrame* push(std::span<const std::int16_t> block, bool may_be_voice = true);
  // Goes on exactly where `other` is, in the middle of a frame too, so that who is sent the frames of one and
  // then of the other hears no change. Both need the same sample rate, channels, application and frame
  // length; bitrate, expected loss and so on stay one's own.
  void follow(const FrameEncoder& other);
  // The next frame alone is coded so that it can be decoded without those before it.
  void make_next_independent() { independent_ = true; }

  // No block has been taken since the last frame.
  [[nodiscard]] bool at_frame_start() const { return fill_ == 0; }
  [[nodiscard]] std::size_t block_samples() const { return block_samples_; }
  [[nodiscard]] int frame_ms() const { return frame_ms_; }
  // Of the frame made last.
  [[nodiscard]] const CodedFrame& last() const { return coded_; }
  [[nodiscard]] opus::Encoder& encoder() { return encoder_; }
  [[nodiscard]] const opus::Encoder& encoder() const { return encoder_; }

 private:
  void encode();

  int frame_ms_;
  std::size_t block_samples_;
  opus::Encoder encoder_;
  audio::SpeechDetector speech_;
  std::vector<std::int16_t> frame_;  // a packet's worth of PCM, sized once
  std::size_t fill_ = 0;
  bool has_voice_ = false;
  bool independent_ = false;
  bool in_pause_ = false;  // the last frame was of a pause
  CodedFrame coded_;
  std::array<std::uint8_t, kMaxSize> buffer_;
};

}  // namespace chime::stream
