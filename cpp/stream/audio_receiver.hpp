// RTP packets of one stream in, PCM on the caller's playout clock out.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "audio/deferred_speech.hpp"
#include "audio/level.hpp"
#include "jitter/decision.hpp"
#include "jitter/delay_estimator.hpp"
#include "jitter/packet_buffer.hpp"
#include "jitter/playout_clock.hpp"
#include "jitter/reception.hpp"
#include "jitter/statistics.hpp"
#include "jitter/time_stretch.hpp"
#include "rtp/bytes.hpp"
#include "stream/frame_intake.hpp"
#include "stream/frame_player.hpp"

namespace chime::stream {

struct ReceiverOptions {
  PayloadTypes payload_types;
  int sample_rate = 48000;  // 8000, 12000, 16000, 24000 or 48000 Hz: what Opus decodes to by itself
  int channels = 1;
  double min_delay_ms = 0;
  double max_delay_ms = 1000;
  std::uint8_t audio_level_id = 0;  // of the RFC 6464 header extension, 0: none
};

struct ReceiverSnapshot : jitter::Statistics {
  std::int64_t packets_lost = 0;
  double jitter_s = 0;          // interarrival jitter (RFC 3550, A.8)
  double current_delay_ms = 0;  // of the mean frame at this moment
  double target_delay_ms = 0;
  double drift_ppm = 0;  // how much slower the sender's clock is than ours
};

// Any thread may call anything; one mutex guards it all and is held for a parse, or for a tick of at most a
// few decodes. After construction only push() allocates, and only for a payload larger than its slot has
// seen.
class AudioReceiver {
 public:
  // All times are between -kLatestUs and kLatestUs: exact in a double, and 285 years.
  static constexpr std::int64_t kLatestUs = std::int64_t{1} << 53U;

  // Throws opus::Error.
  explicit AudioReceiver(const ReceiverOptions& options);
  AudioReceiver(const AudioReceiver&) = delete;
  AudioReceiver& operator=(const AudioReceiver&) = delete;

  // Takes a decrypted RTP packet; false when it was counted and dropped.
  bool push(rtp::Bytes packet, std::int64_t arrival_us);
  // The same, but nothing is done when another thread is at work here: never waits.
  std::optional<bool> try_push(rtp::Bytes packet, std::int64_t arrival_us);

  // The next 10 ms, interleaved; `out` must have block_frames() * channels samples. `now_us`, on the clock of
  // the arrivals, is when the block is played; without it the receiver counts pulls.
  void pull(std::span<std::int16_t> out, std::optional<std::int64_t> now_us = std::nullopt);

  // 10 ms of a stream that nobody hears: nothing is decoded, and what has come is let go. pull() begins anew.
  void skip(std::int64_t now_us);

  [[nodiscard]] std::size_t block_frames() const {
    return static_cast<std::size_t>(options_.sample_rate) / 100;
  }
  [[nodiscard]] int channels() const { return options_.channels; }
  [[nodiscard]] int sample_rate() const { return options_.sample_rate; }
  // Of the last block.
  [[nodiscard]] audio::Level level() const;
  [[nodiscard]] bool voice_activity();
  [[nodiscard]] std::optional<jitter::ReportBlock> report_block();
  [[nodiscard]] ReceiverSnapshot stats() const;

 private:
  bool take(rtp::Bytes packet, std::int64_t arrival_us);
  bool start(double now_ms);
  void adapt(double now_ms);
  [[nodiscard]] double offset_ms(double now_ms) const;

  const ReceiverOptions options_;
  mutable std::mutex mutex_;
  jitter::Statistics statistics_;
  jitter::PacketBuffer buffer_;
  jitter::DelayEstimator estimator_;
  FrameIntake intake_;
  FramePlayer player_;
  jitter::StretchPolicy policy_;
  jitter::TimeStretch stretch_;
  jitter::PlayoutClock clock_;
  audio::DeferredSpeech speech_;
  audio::Level level_;
  bool started_ = false;
  double now_ms_ = 0;
  double delay_ms_ = 0;
};

}  // namespace chime::stream
