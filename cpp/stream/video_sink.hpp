// A section in which one receiver gets the video of somebody: which layer of it, under the receiver's own
// names and numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rtp/splicer.hpp"
#include "rtp/unwrapper.hpp"
#include "stream/video_source.hpp"

namespace chime::stream {

struct VideoSinkOptions {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  // 0: retransmissions go out as they were
  std::vector<VideoPayloadType> payload_types;
  std::string mid;
  // Ids of header extensions; 0: not agreed.
  std::uint8_t mid_id = 0;
  std::uint8_t abs_send_time_id = 0;
  // Where the stream begins; random ones, below 2^15 for the sequence number as SRTP wants it.
  std::uint16_t first_sequence_number = 0;
  std::uint32_t first_timestamp = 0;
};

struct VideoSinkStats {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;  // of payload
  std::uint64_t packets_retransmitted = 0;
  std::uint64_t retransmissions_missing = 0;  // asked for when they were no longer there
  std::uint64_t retransmissions_refused = 0;  // beyond what was sent
  std::uint64_t packets_undecodable = 0;      // of a codec that was not agreed with this receiver
  std::uint64_t switches = 0;
};

// What a sink gets: a layer of a source.
struct VideoSelection {
  std::int64_t source = 0;
  std::size_t layer = 0;
  friend bool operator==(const VideoSelection&, const VideoSelection&) = default;
};

// Changes of source or layer, beginnings and resumptions happen where a key frame begins. Until then another
// layer of the same source goes on.
class VideoSink {
 public:
  explicit VideoSink(VideoSinkOptions options);

  // A new agreement with the same SSRC; the stream goes on.
  void renegotiate(VideoSinkOptions options);
  // Nothing is sent for no selection.
  void select(std::optional<VideoSelection> selection);
  void set_paused(bool paused);
  // The layer that is being sent comes no more: another one may begin.
  void lose_layer() { is_sending_ = false; }

  // Writes the packet as this receiver gets it to the front of `out`, and returns its size; nothing when it
  // doesn't get it. `epoch` is that of the packet's layer.
  [[nodiscard]] std::optional<std::size_t> forward(std::int64_t source, std::int64_t epoch,
                                                   const VideoPacket& packet, std::span<std::uint8_t> out);
  // Writes what was sent under this sequence number once more. `source_of` finds a source by its key.
  template <typename SourceOf>
  [[nodiscard]] std::optional<std::size_t> retransmit(std::uint16_t sequence_number, SourceOf source_of,
                                                      std::span<std::uint8_t> out) {
    const std::int64_t output = sent_.peek(sequence_number);
    const auto origin = splicer_.origin(output);
    const Piece* piece = origin ? &pieces_[static_cast<std::size_t>(origin->piece) % kPieces] : nullptr;
    const VideoSource* source = piece != nullptr ? source_of(piece->selection.source) : nullptr;
    if (source == nullptr || piece->selection.layer >= source->layers().size()) {
      ++stats_.retransmissions_missing;
      return std::nullopt;
    }
    return rewrite_again(*source, *piece, *origin, output, out);
  }

  // The layer that must begin with a key frame before anything can be sent; nothing when none is awaited.
  [[nodiscard]] std::optional<VideoSelection> awaited() const;
  // What is being sent.
  [[nodiscard]] std::optional<VideoSelection> current() const;
  [[nodiscard]] const std::optional<VideoSelection>& selected() const { return selected_; }
  [[nodiscard]] const VideoSinkStats& stats() const { return stats_; }
  [[nodiscard]] bool can_decode(video::Codec codec) const { return payload_type(codec) != nullptr; }
  // Timestamp of a sender report written now.
  [[nodiscard]] std::uint32_t timestamp_at(std::int64_t now_us) const {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(splicer_.timestamp_at(now_us)));
  }

 private:
  struct Piece {
    VideoSelection selection;
    std::int64_t epoch = 0;
  };
  static constexpr std::size_t kPieces = 16;  // more than the splicer remembers

  [[nodiscard]] const VideoPayloadType* payload_type(video::Codec codec) const;
  [[nodiscard]] std::optional<std::size_t> write(const rtp::Header& header, rtp::Bytes payload,
                                                 std::int64_t at_us, std::span<std::uint8_t> out) const;
  [[nodiscard]] std::optional<std::size_t> rewrite_again(const VideoSource& source, const Piece& piece,
                                                         const rtp::Splicer::Origin& origin,
                                                         std::int64_t output, std::span<std::uint8_t> out);

  VideoSinkOptions options_;
  std::optional<VideoSelection> selected_;
  bool paused_ = false;
  bool is_sending_ = false;  // the last piece goes on
  std::size_t piece_count_ = 0;
  std::array<Piece, kPieces> pieces_{};
  rtp::Splicer splicer_;
  rtp::SequenceUnwrapper sent_;  // stands at the highest number sent
  std::int64_t highest_sent_;
  std::uint16_t rtx_sequence_number_;
  std::vector<std::uint8_t> rtx_payload_;
  std::size_t allowance_;  // octets that may be sent again
  VideoSinkStats stats_;
};

}  // namespace chime::stream
