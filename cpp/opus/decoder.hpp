// An Opus decoder: packets in, PCM out, with libopus' in-band FEC and concealment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "opus/error.hpp"
#include "rtp/bytes.hpp"

struct OpusDecoder;

namespace chime::opus {

// One stream. Calls change the decoder's state and so belong in the order of play: a FEC or concealment call
// stands for audio that is missing before the next packet. One thread at a time; nothing allocates after
// construction.
class Decoder {
 public:
  // sample_rate: 8000, 12000, 16000, 24000 or 48000 Hz; channels: 1 or 2. A mono decoder mixes stereo packets
  // down, a stereo one doubles mono packets. Throws std::invalid_argument.
  Decoder(int sample_rate, int channels);
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  // All three write interleaved samples to the front of `out` and return the frames (samples per channel)
  // written, or an ErrorCode below zero, after which `out` has no meaning.

  // Decodes a packet; `out` must hold all of it (120 ms at most).
  [[nodiscard]] int decode(rtp::Bytes packet, std::span<std::int16_t> out);
  [[nodiscard]] int decode(rtp::Bytes packet, std::span<float> out);

  // Decodes the audio of `frames` length just before `following`, from its in-band FEC, or conceals it where
  // there is none. `frames` is a multiple of 2.5 ms; what FEC does not cover (its older part) is concealed.
  // Call decode() with `following` afterwards.
  [[nodiscard]] int decode_fec(rtp::Bytes following, int frames, std::span<std::int16_t> out);

  // Makes `frames` of audio (a multiple of 2.5 ms) in place of what was lost, from what was decoded before.
  [[nodiscard]] int conceal(int frames, std::span<std::int16_t> out);

  // Forgets the stream so far.
  void reset();

  // The decoder's memory of the stream, to go back to when a packet turns up after it was concealed. libopus
  // keeps its own in one block without pointers into itself. `state` must hold state_size() octets.
  [[nodiscard]] std::size_t state_size() const;
  void save(std::span<std::byte> state) const;
  void restore(std::span<const std::byte> state);

  [[nodiscard]] int sample_rate() const { return sample_rate_; }
  [[nodiscard]] int channels() const { return channels_; }
  // Whether the library took the request for deep packet-loss concealment, which it does from 1.5 on; if it
  // was built without it, it conceals as before.
  [[nodiscard]] bool deep_concealment() const { return deep_concealment_; }
  // Pitch period of the last decoded frame in samples at 48 kHz, 0 when it had none.
  [[nodiscard]] int pitch() const;

 private:
  struct Destroy {
    void operator()(::OpusDecoder* decoder) const;
  };

  // Frames that `out` has room for.
  template <typename Sample>
  [[nodiscard]] int room(std::span<Sample> out) const {
    return static_cast<int>(out.size()) / channels_;
  }

  [[nodiscard]] int decode_int16(rtp::Bytes packet, std::span<std::int16_t> out, int frames, int fec);
  [[nodiscard]] std::size_t library_state_size() const;

  int sample_rate_;
  int channels_;
  bool deep_concealment_ = false;
  std::array<float, 2> soft_clip_memory_{};  // a channel
  std::unique_ptr<::OpusDecoder, Destroy> decoder_;
};

}  // namespace chime::opus
