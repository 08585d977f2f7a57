// A video that somebody sends into the meeting: its simulcast layers, each with the newest packets and what
// of it is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jitter/reception.hpp"
#include "rtp/missing_packets.hpp"
#include "rtp/packet.hpp"
#include "rtp/packet_cache.hpp"
#include "rtp/transport_feedback.hpp"
#include "rtp/unwrapper.hpp"
#include "video/payload.hpp"

namespace chime::stream {

// A payload type of a section, and that of its retransmissions (RFC 4588) where those were agreed.
struct VideoPayloadType {
  std::uint8_t payload_type = 0;
  video::Codec codec = video::Codec::vp8;
  std::optional<std::uint8_t> rtx_payload_type;
};

// How a layer is known: by its rid (RFC 8852) or, without one, by the SSRCs of the SDP; 0 where it doesn't
// say.
struct VideoLayerName {
  std::string rid;
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
};

struct VideoSourceOptions {
  std::vector<VideoPayloadType> payload_types;
  std::vector<VideoLayerName> layers;  // at least one
  // Ids of header extensions; 0: not agreed.
  std::uint8_t rid_id = 0;
  std::uint8_t repaired_rid_id = 0;
  std::uint8_t transport_cc_id = 0;
};

struct VideoSourceCounters {
  std::uint64_t packets_malformed = 0;
  std::uint64_t packets_unknown = 0;    // of no payload type or no layer that was agreed
  std::uint64_t packets_duplicate = 0;  // here already, or too old
  std::uint64_t packets_recovered = 0;  // that came as retransmission
  std::uint64_t packets_padding = 0;    // retransmissions of nothing, which senders probe with
};

struct VideoLayerStats {
  std::uint32_t ssrc = 0;
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;  // of payload
  std::uint64_t key_frames = 0;
  std::uint64_t key_frames_requested = 0;
  std::uint64_t packets_requested = 0;
  video::FrameSize size;
  std::optional<video::Codec> codec;  // of the newest packet
};

// One encoding. The SSRC may change while it lives (a camera started anew): then everything begins again, and
// `epoch` tells the streams apart.
class VideoLayer {
 public:
  explicit VideoLayer(VideoLayerName name);

  // Takes a new agreement on the same layer.
  void rename(VideoLayerName name);
  void begin_stream(std::uint32_t ssrc);

  // Somebody needs a key frame; due_for_key_frame() says when to ask for it.
  void want_key_frame() { key_frame_wanted_ = true; }
  // Whether to send a request now, which is taken as sent.
  [[nodiscard]] bool due_for_key_frame(std::int64_t now_us);

  VideoLayerName name;
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;
  std::int64_t epoch = 0;
  rtp::SequenceUnwrapper sequences;
  rtp::TimestampUnwrapper timestamps;
  rtp::PacketCache cache;
  rtp::MissingPackets missing;
  jitter::Reception reception{jitter::Reception::kVideoClock};
  VideoLayerStats stats;

  // Whether packets come in at present: senders leave layers out when their path carries no more.
  [[nodiscard]] bool flows(std::int64_t now_us) const {
    constexpr std::int64_t kSilenceUs =
        700'000;  // several frames at the lowest rate that the SDK sends, 5 a second
    return newest_us && now_us - *newest_us < kSilenceUs;
  }
  std::optional<std::int64_t> newest_us;

 private:
  friend class VideoSource;
  bool key_frame_wanted_ = false;
  std::optional<std::int64_t> key_frame_asked_us_;
};

// A packet of a layer, ready to be forwarded.
struct VideoPacket {
  std::size_t layer = 0;
  rtp::Packet packet;  // views into what was received
  video::Codec codec = video::Codec::vp8;
  std::int64_t sequence = 0;  // extended
  std::int64_t timestamp = 0;
  bool begins_key_frame = false;
  std::int64_t arrival_us = 0;
};

class VideoSource {
 public:
  explicit VideoSource(VideoSourceOptions options);

  // A new agreement; layers keep their place and what was learned of them.
  void renegotiate(VideoSourceOptions options);

  // Takes a packet; nothing when there is nothing to forward. What is returned is valid until the next call.
  [[nodiscard]] std::optional<VideoPacket> receive(rtp::Bytes data, std::int64_t now_us);

  // SSRC of the layer that a packet came of last, 0 before the first. Feedback about all of them must name
  // one that its sender knows: Chromium drops what names another.
  [[nodiscard]] std::uint32_t newest_ssrc() const { return newest_ssrc_; }
  // When packets came, of all layers together.
  [[nodiscard]] rtp::TransportFeedback& transport_feedback() { return transport_feedback_; }
  [[nodiscard]] std::span<VideoLayer> layers() { return layers_; }
  [[nodiscard]] std::span<const VideoLayer> layers() const { return layers_; }
  // The codec of a payload type of this source.
  [[nodiscard]] const VideoPayloadType* payload_type(std::uint8_t number) const;
  [[nodiscard]] const VideoSourceCounters& counters() const { return counters_; }

 private:
  [[nodiscard]] std::optional<std::size_t> layer_of(const rtp::Packet& packet, bool is_retransmission);
  [[nodiscard]] std::optional<std::size_t> layer_by_rid(const rtp::Packet& packet, std::uint8_t id) const;
  [[nodiscard]] std::optional<VideoPacket> receive_retransmission(const rtp::Packet& packet,
                                                                  const VideoPayloadType& type,
                                                                  std::int64_t now_us);
  [[nodiscard]] std::optional<VideoPacket> take(std::size_t index, const rtp::Packet& packet, rtp::Bytes data,
                                                const VideoPayloadType& type, std::int64_t now_us);

  VideoSourceOptions options_;
  std::vector<VideoLayer> layers_;
  std::vector<std::uint8_t> recovered_;  // the packet out of a retransmission
  std::uint32_t newest_ssrc_ = 0;
  rtp::TransportFeedback transport_feedback_;
  VideoSourceCounters counters_;
};

}  // namespace chime::stream
