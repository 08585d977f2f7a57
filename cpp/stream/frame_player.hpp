// Turns buffered frames into sound in a playout queue: decodes, mends, conceals, and finds back into the
// stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "jitter/decision.hpp"
#include "jitter/packet_buffer.hpp"
#include "jitter/playout_queue.hpp"
#include "jitter/signal_analysis.hpp"
#include "jitter/statistics.hpp"
#include "opus/decoder.hpp"
#include "stream/made_up_sound.hpp"

namespace chime::stream {

// Media time is counted in samples at 48 kHz, sound in frames at the output rate. Nothing allocates after
// construction. Passed in: buffer and statistics, which must outlive it. Allocated here: decoder, queue,
// scratch.
class FramePlayer {
 public:
  FramePlayer(int sample_rate, int channels, jitter::PacketBuffer& buffer, jitter::Statistics& statistics);
  FramePlayer(const FramePlayer&) = delete;
  FramePlayer& operator=(const FramePlayer&) = delete;

  [[nodiscard]] jitter::PlayoutQueue& queue() { return queue_; }
  [[nodiscard]] const jitter::PauseDetector& pauses() const { return pauses_; }
  // Media time of the end of the queue.
  [[nodiscard]] std::int64_t end() const { return end_; }
  // Media time of the next sample to be played.
  [[nodiscard]] std::int64_t position() const { return end_ - media(queue_.future()); }
  [[nodiscard]] bool concealing() const { return concealing_; }
  // The earliest media time whose frames are still of use: back to where concealment set in, the decoder's
  // state can be mended.
  [[nodiscard]] std::int64_t oldest_useful() const { return concealing_ ? conceal_from_ : end_; }
  [[nodiscard]] bool paused() const { return paused_; }

  // Begins, or goes on, at a media time.
  void start_at(std::int64_t timestamp);
  // Another encoder from here on.
  void reset_decoder();

  [[nodiscard]] jitter::SourceStatus status() const;
  // Appends some sound; `step_back` is how far (48 kHz samples) a return to the stream may raise the delay,
  // `position_wanted` the media time that should be played now, which the length of a sender's pause is
  // fitted to.
  void produce(std::int64_t step_back, std::int64_t position_wanted);
  // Appends the frame that is due if it is there and can simply be decoded.
  bool decode_ahead();

 private:
  // Where the sound of a moment can be had: a frame, or the in-band FEC of the one after it.
  struct Source {
    const jitter::Frame* frame = nullptr;
    bool fec = false;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    [[nodiscard]] bool found() const { return frame != nullptr; }
  };

  [[nodiscard]] std::size_t output(std::int64_t ticks) const {
    return static_cast<std::size_t>(ticks * sample_rate_ / 48000);
  }
  [[nodiscard]] std::int64_t media(std::size_t frames) const {
    return static_cast<std::int64_t>(frames) * 48000 / sample_rate_;
  }
  [[nodiscard]] Source source_at(std::int64_t timestamp) const;
  bool decode(const Source& source, std::span<std::int16_t> out);
  void finish(const Source& source);
  void decode_next(const Source& source);
  bool resume(std::int64_t step_back);
  void conceal(bool comfort_noise, std::int64_t position_wanted);
  void count_use(const Source& source);
  void listen(std::span<const std::int16_t> sound, bool joined);

  int sample_rate_;
  int channels_;
  jitter::PacketBuffer& buffer_;
  jitter::Statistics& statistics_;
  opus::Decoder decoder_;
  jitter::PlayoutQueue queue_;
  jitter::PauseDetector pauses_;
  MadeUpSound made_up_;
  std::vector<std::int16_t> scratch_;
  std::vector<std::byte> before_concealment_;  // the decoder's state

  std::int64_t end_ = 0;
  std::int64_t last_sequence_ = INT64_MIN;  // of the last frame decoded, when known
  std::int64_t last_duration_ = 960;
  bool decoded_any_ = false;
  bool last_was_dtx_ = false;
  bool paused_ = false;
  bool concealing_ = false;
  std::int64_t conceal_from_ = 0;
  int late_ticks_ = 0;  // blocks made up while only frames of the past were there
};

}  // namespace chime::stream
