// PCM in, RTP packets out: level, Opus, RED, header extensions, sequence numbers and timestamps.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/resampler.hpp"
#include "opus/encoder.hpp"
#include "rtp/packet.hpp"
#include "stream/chime_redundancy_policy.hpp"
#include "stream/frame_encoder.hpp"
#include "stream/loss_policy.hpp"
#include "stream/red_encoder.hpp"

namespace chime::stream {

enum class Redundancy : std::uint8_t {
  off,       // RED without copies
  chime,     // the number and distances of amazon-chime-sdk-js
  adaptive,  // LossPolicy's
};

struct AudioSenderOptions {
  std::uint32_t ssrc = 0;
  std::uint8_t opus_payload_type = 111;
  // When negotiated, every packet is RED, with copies or not.
  std::optional<std::uint8_t> red_payload_type = std::nullopt;
  opus::EncoderOptions encoder = {};  // channels are those of the PCM
  // Of the PCM, in Hz: 8000 to 192000, a multiple of 100; 0: the encoder's. Another than that is resampled,
  // which takes 2 ms.
  int sample_rate = 0;
  int frame_ms = 20;  // of a packet: 10, 20, 40 or 60
  Redundancy redundancy = Redundancy::adaptive;
  // Header extensions: their negotiated ids, 0 when not negotiated.
  std::string mid = {};
  std::uint8_t mid_id = 0;
  std::uint8_t audio_level_id = 0;
  std::uint8_t abs_send_time_id = 0;
  // Transport-wide sequence numbers count the packets of this sender: right where it is the only stream of
  // its transport that carries them.
  std::uint8_t transport_sequence_id = 0;
  std::uint8_t csrc_audio_level_id = 0;
  // Random when not given (RFC 3550, section 5.1).
  std::optional<std::uint16_t> first_sequence_number = std::nullopt;
  std::optional<std::uint32_t> first_timestamp = std::nullopt;
};

// For an RTCP sender report (RFC 3550, section 6.4.1).
struct SenderInfo {
  std::uint32_t next_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  // of payload
};

// Who is heard in what is sent (RFC 3550, section 5.1), at which level in -dBov (RFC 6465).
struct Contributor {
  std::uint32_t csrc = 0;
  std::uint8_t level = 127;
};

struct AudioSenderStats {
  std::uint64_t packets_sent = 0;
  std::uint64_t payload_octets_sent = 0;
  std::uint64_t header_octets_sent = 0;
  std::uint64_t frames_encoded = 0;
  std::uint64_t frames_shared = 0;  // coded once for several senders
  std::uint64_t encode_errors = 0;
  std::uint64_t dtx_frames = 0;          // not sent
  std::uint64_t active_frames = 0;       // worth repeating
  std::uint64_t lbrr_frames = 0;         // with in-band FEC
  std::uint64_t redundant_blocks = 0;    // copies sent
  std::uint64_t redundant_octets = 0;    // of copies, without their headers
  std::uint64_t total_samples_sent = 0;  // frames of PCM taken
  double total_audio_energy = 0;  // as in W3C webrtc-stats: seconds times squared amplitude, 1 at full scale
  std::uint64_t reports_received = 0;
  double fraction_lost = 0;  // of the last report
  double round_trip_ms = 0;  // of the last report that told it
  double policy_loss = 0;    // that redundancy is chosen for
  double burst_packets = 1;
  bool congested = false;
  int target_bitrate_bps = 0;
  int expected_loss_percent = 0;
  std::array<std::uint32_t, RedEncoder::kMaxCopies> copy_offsets{};  // in timestamp units, nearest first
  std::size_t copies = 0;                                            // asked for at present
};

// One outgoing stream. Any thread may call; a lock is held for the length of a call. push() does not
// allocate.
class AudioSender {
 public:
  // Throws std::invalid_argument or opus::Error when an option is out of range.
  explicit AudioSender(AudioSenderOptions options);
  AudioSender(const AudioSender&) = delete;
  AudioSender& operator=(const AudioSender&) = delete;

  // Room for any packet of ours: payload, header and extensions, below an Ethernet MTU.
  static constexpr std::size_t kMaxPacketSize = 1500;

  // Takes 10 ms of interleaved PCM: samples_per_push() samples. Writes the packet that is now complete to the
  // front of `out` (kMaxPacketSize is always enough) and returns its size, 0 when there is none yet or none
  // is to be sent. now_us is when the packet leaves, for abs-send-time.
  [[nodiscard]] std::size_t push(std::span<const std::int16_t> pcm, std::int64_t now_us,
                                 std::span<std::uint8_t> out);

  // The same for a frame that is coded already, for this sender among others: `frame` must be of the sender's
  // sample rate, channels and frame length, and no block may have been pushed since the last frame.
  [[nodiscard]] std::size_t send(const CodedFrame& frame, std::int64_t now_us, std::span<std::uint8_t> out);
  // How this sender's frames are to be coded now; nothing while they are its own because it is muted.
  [[nodiscard]] std::optional<opus::EncoderOptions> wanted_encoding() const;
  // Between frames of one's own and shared ones: the sender's encoder goes on where the shared one is, or the
  // other way round (FrameEncoder::follow).
  void follow(const FrameEncoder& shared);
  void lead(FrameEncoder& shared) const;
  // No block has been pushed since the last frame, and whether one was ever pushed or sent.
  [[nodiscard]] bool at_frame_start() const;
  [[nodiscard]] bool begun() const;

  // A receiver report about this stream. packets_lost: its cumulative count, where known (used by
  // Redundancy::chime).
  void on_report(const LossReport& report, std::optional<std::int64_t> packets_lost = std::nullopt);

  // A muted sender goes on sending packets, of silence; the sound fades within the next 10 ms.
  void set_muted(bool muted);
  [[nodiscard]] bool muted() const;
  // Of the packets from now on; the header has room for the first kMaxContributors.
  static constexpr std::size_t kMaxContributors = 15;
  void set_contributors(std::span<const Contributor> contributors);
  // In bit/s, without redundancy; opus::kMinBitrateBps to opus::kMaxBitrateBps.
  void set_bitrate(int bps);
  [[nodiscard]] int bitrate() const;

  [[nodiscard]] std::uint32_t ssrc() const { return options_.ssrc; }
  [[nodiscard]] std::size_t samples_per_push() const { return samples_per_push_; }
  // Of the PCM.
  [[nodiscard]] int sample_rate() const { return sample_rate_; }
  [[nodiscard]] const AudioSenderOptions& options() const { return options_; }
  [[nodiscard]] SenderInfo sender_info() const;
  [[nodiscard]] AudioSenderStats stats() const;

 private:
  [[nodiscard]] const CodedFrame* take(std::span<const std::int16_t> pcm);
  [[nodiscard]] std::size_t send_frame(const CodedFrame& frame, std::int64_t now_us,
                                       std::span<std::uint8_t> out);
  [[nodiscard]] rtp::Bytes payload_of(const CodedFrame& frame);
  [[nodiscard]] std::size_t pack(rtp::Bytes payload, rtp::AudioLevel level, std::int64_t now_us,
                                 std::span<std::uint8_t> out);
  void note_frame(const CodedFrame& frame);
  void tick_chime_policy();
  void apply_plan();
  void set_offsets(std::span<const CopyOffset> offsets);

  const AudioSenderOptions options_;
  const int sample_rate_;
  const std::size_t samples_per_push_;
  const std::uint32_t frame_timestamp_units_;
  mutable std::mutex mutex_;  // guards everything below

  audio::Resampler resampler_;
  FrameEncoder encoder_;
  RedEncoder red_;
  LossPolicy loss_policy_;
  ChimeRedundancyPolicy chime_policy_;

  std::vector<std::int16_t> block_;  // scratch
  std::array<std::uint32_t, kMaxContributors> csrcs_{};
  std::array<std::uint8_t, kMaxContributors> csrc_levels_{};
  std::size_t contributors_ = 0;
  std::uint16_t transport_sequence_ = 0;
  bool muted_ = false;
  bool was_muted_ = false;  // at the last push

  bool marker_ = true;  // the next packet begins a talk spurt
  std::uint16_t sequence_number_;
  std::uint32_t timestamp_;
  double lbrr_share_ = 0;  // of the latest active packets
  RedundancyPlan plan_;
  int bitrate_bps_;  // configured; the plan may take a share of it

  // For Redundancy::chime, on the clock of pushed audio.
  std::int64_t pushes_ = 0;
  std::int64_t report_ms_ = 0;
  std::int64_t reported_packets_lost_ = 0;
  std::uint64_t packets_at_report_ = 0;

  AudioSenderStats stats_;
  std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> red_buffer_;
};

}  // namespace chime::stream
