// An Opus encoder: PCM frames in, packets out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "opus/error.hpp"
#include "opus/packet.hpp"

struct OpusEncoder;

namespace chime::opus {

enum class Application : std::uint8_t {
  voip,       // speech: SILK and hybrid modes, in-band FEC possible
  audio,      // music and mixed content
  low_delay,  // CELT only, with a look-ahead of 2.5 ms in place of 6.5 ms
};

// What a=fmtp:maxaveragebitrate may be (RFC 7587, section 6.1) begins at 6000; libopus codes from 500 on.
inline constexpr int kMinBitrateBps = 500;
inline constexpr int kMaxBitrateBps = 510'000;

struct EncoderOptions {
  int sample_rate = kSampleRate;  // 8000, 12000, 16000, 24000 or 48000 Hz
  int channels = 1;               // 1 or 2
  Application application = Application::voip;
  int bitrate_bps = 32000;  // kMinBitrateBps to kMaxBitrateBps
  int complexity = 5;       // 0 (quick) to 10 (thorough)
  bool dtx = false;         // nearly nothing is sent in silence
  bool fec = false;         // low bit-rate copies of active frames in the next packet, once loss is expected
  int expected_loss_percent = 0;
  // Widest band coded; the encoder's own choice when not given.
  std::optional<Bandwidth> max_bandwidth = std::nullopt;

  bool operator==(const EncoderOptions&) const = default;
};

// One stream. One thread at a time; nothing allocates after construction.
class Encoder {
 public:
  // Throws std::invalid_argument when an option is out of range, Error when libopus refuses.
  explicit Encoder(const EncoderOptions& options);
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  // Encodes interleaved samples of 2.5, 5, 10, 20, 40 or 60 ms to the front of `out` (kMaxPacketSize is
  // always enough; a smaller one limits the packet). Returns the packet's size or an ErrorCode below zero.
  [[nodiscard]] int encode(std::span<const std::int16_t> pcm, std::span<std::uint8_t> out);
  [[nodiscard]] int encode(std::span<const float> pcm, std::span<std::uint8_t> out);

  // These throw std::invalid_argument when the value is out of range.
  void set_bitrate(int bps);
  void set_complexity(int complexity);
  void set_dtx(bool on);
  void set_fec(bool on);
  // 0 to 100: makes room for FEC and makes frames depend less on each other. Without it FEC writes nothing.
  void set_expected_loss(int percent);
  // Off: frames hardly depend on those before them, and are larger or sound worse for it.
  void set_prediction(bool on);
  // Forgets the stream so far.
  void reset();
  // Goes on where `other` is, with options of its own. Throws std::invalid_argument when sample rate,
  // channels or application are not the same.
  void follow(const Encoder& other);

  [[nodiscard]] const EncoderOptions& options() const { return options_; }
  // Samples at the encoder's rate by which the decoded signal lags.
  [[nodiscard]] int lookahead() const;

  // Room for 60 ms as three frames of 20 ms with their lengths, the most that one call makes.
  static constexpr std::size_t kMaxPacketSize = 3 * kMaxFrameSize + 7;

 private:
  struct Destroy {
    void operator()(::OpusEncoder* encoder) const;
  };

  void apply_options();

  EncoderOptions options_;
  std::unique_ptr<::OpusEncoder, Destroy> encoder_;
};

}  // namespace chime::opus
