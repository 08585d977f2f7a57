// A video as one receiver takes it in: packets in any order, whole pictures in theirs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stream/video_source.hpp"

namespace chime::stream {

// A picture that is whole and that follows the one before it, or needs none.
struct ReceivedFrame {
  video::Codec codec = video::Codec::vp8;
  bool is_key = false;
  std::int64_t timestamp = 0;   // extended
  std::int64_t arrival_us = 0;  // of its first packet
  rtp::Bytes data;              // valid until the next call
};

struct VideoReceiverCounters {
  std::uint64_t frames = 0;
  std::uint64_t key_frames = 0;
  std::uint64_t frames_malformed = 0;
  std::uint64_t jumps = 0;  // to a key frame, over what never came
};

// What to ask the sender for now.
struct ReceiverRequest {
  bool key_frame = false;
  std::vector<std::uint16_t> sequence_numbers;
};

class VideoReceiver {
 public:
  // Of the layers of `options` there is one.
  explicit VideoReceiver(VideoSourceOptions options);

  void renegotiate(VideoSourceOptions options);
  // While nobody watches, packets are only counted: nothing is put together or asked for. Watching begins
  // with a key frame.
  void set_watched(bool watched);
  // The decoder cannot go on: a key frame is needed.
  void restart();
  void push(rtp::Bytes packet, std::int64_t now_us);
  // The next picture, as long as there is one.
  [[nodiscard]] std::optional<ReceivedFrame> next_frame();
  [[nodiscard]] ReceiverRequest poll(std::int64_t now_us, std::int64_t retry_us);

  [[nodiscard]] std::optional<jitter::ReportBlock> report() { return layer().reception.report(layer().ssrc); }
  [[nodiscard]] VideoLayer& layer() { return source_.layers()[0]; }
  [[nodiscard]] const VideoLayer& layer() const { return source_.layers()[0]; }
  [[nodiscard]] const VideoSourceCounters& source_counters() const { return source_.counters(); }
  [[nodiscard]] const VideoReceiverCounters& counters() const { return counters_; }

 private:
  // Sequence number after the picture that begins at `start`, when all of it is here.
  [[nodiscard]] std::optional<std::int64_t> end_of_frame(std::int64_t start) const;
  [[nodiscard]] std::optional<ReceivedFrame> put_together(std::int64_t start, std::int64_t end);

  VideoSource source_;
  bool watched_ = false;
  std::int64_t epoch_ = 0;
  std::int64_t newest_ = 0;                  // sequence number
  std::optional<std::int64_t> next_;         // where the next picture begins
  std::optional<std::int64_t> key_;          // where the newest key frame after that begins
  std::optional<std::int64_t> stuck_at_us_;  // since when the next picture is not whole
  std::vector<std::uint8_t> frame_;
  VideoReceiverCounters counters_;
};

}  // namespace chime::stream
