// The selective forwarding unit of one meeting: packets of senders in, packets for receivers out, and what
// has to be asked of senders.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "stream/video_sink.hpp"
#include "stream/video_source.hpp"

namespace chime::stream {

// Packets, each with the key of the sink that it is for.
class ForwardedPackets {
 public:
  struct Entry {
    std::int64_t sink = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
  [[nodiscard]] rtp::Bytes bytes(const Entry& entry) const {
    return rtp::Bytes(memory_).subspan(entry.offset, entry.size);
  }

 private:
  friend class VideoForwarder;
  void clear();
  // Room for one more packet.
  std::span<std::uint8_t> room();
  void add(std::int64_t sink, std::size_t size);

  std::vector<std::uint8_t> memory_;
  std::size_t used_ = 0;
  std::vector<Entry> entries_;
};

// What the sender of a source is asked for: a key frame, or missing packets when some are named.
struct VideoRequest {
  std::int64_t source = 0;
  std::uint32_t ssrc = 0;
  std::vector<std::uint16_t> sequence_numbers;
};

// Sources and sinks have keys of the owner's. Unknown keys throw std::out_of_range, keys that are taken
// std::invalid_argument. Forwarding allocates nothing once memory has grown to the largest packets.
class VideoForwarder {
 public:
  void add_source(std::int64_t key, VideoSourceOptions options);
  void renegotiate_source(std::int64_t key, VideoSourceOptions options);
  // Its sinks send nothing from now on, and stay.
  void remove_source(std::int64_t key);

  void add_sink(std::int64_t key, VideoSinkOptions options);
  void renegotiate_sink(std::int64_t key, VideoSinkOptions options);
  void remove_sink(std::int64_t key);

  // The sink gets that layer from its next key frame on; nothing for no selection. A source may be chosen
  // before it is there, a layer before it has begun.
  void select(std::int64_t sink, std::optional<VideoSelection> selection);
  void set_paused(std::int64_t sink, bool paused);

  // A packet of a source; what goes out for it is valid until the next call.
  const ForwardedPackets& push(std::int64_t source, rtp::Bytes packet, std::int64_t now_us);
  // The receiver of a sink asks for packets again.
  const ForwardedPackets& retransmit(std::int64_t sink, std::span<const std::uint16_t> sequence_numbers);
  // The receiver of a sink asks for a key frame.
  void request_key_frame(std::int64_t sink);
  // What is to be asked of senders now. Call it some fifty times a second; `retry_us` between two requests
  // for a packet.
  [[nodiscard]] std::vector<VideoRequest> poll(std::int64_t now_us, std::int64_t retry_us);

  [[nodiscard]] VideoSource& source(std::int64_t key);
  [[nodiscard]] const VideoSink& sink(std::int64_t key) const;

 private:
  struct Source {
    explicit Source(VideoSourceOptions options) : video(std::move(options)) {}
    VideoSource video;
    std::vector<std::int64_t> sinks;  // that have it selected
  };
  // Says of each layer whether a key frame is needed; leaves layers that come no more.
  void want_key_frames(Source& from, std::int64_t now_us);
  void detach(std::int64_t sink, std::int64_t source);
  [[nodiscard]] Source* find_source(std::int64_t key);
  [[nodiscard]] VideoSink& find_sink(std::int64_t key);

  std::map<std::int64_t, Source> sources_;
  std::map<std::int64_t, VideoSink> sinks_;
  ForwardedPackets out_;
};

}  // namespace chime::stream
