// A video as one sender sends it: payloads of pictures in, RTP packets out at an even pace, and once more for
// who asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rtp/packet.hpp"
#include "rtp/packet_cache.hpp"
#include "rtp/unwrapper.hpp"

namespace chime::stream {

struct VideoSenderOptions {
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  // 0: retransmissions go out as they were
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> rtx_payload_type;
  std::string mid;
  // Ids of header extensions; 0: not agreed.
  std::uint8_t mid_id = 0;
  std::uint8_t abs_send_time_id = 0;
  // Where the stream begins; random ones, below 2^15 for the sequence number as SRTP wants it.
  std::uint16_t first_sequence_number = 0;
  std::uint32_t first_timestamp = 0;
};

struct VideoSenderStats {
  std::uint64_t frames = 0;
  std::uint64_t frames_dropped = 0;  // the queue was full
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;  // of payload
  std::uint64_t packets_retransmitted = 0;
  std::uint64_t retransmissions_missing = 0;  // asked for when they were no longer there
  std::uint64_t retransmissions_refused = 0;  // beyond what was sent
};

// Times are microseconds on any monotonic clock, the same for pictures, packets and reports.
class VideoSender {
 public:
  explicit VideoSender(VideoSenderOptions options);

  // A new agreement with the same SSRC; the stream goes on.
  void renegotiate(VideoSenderOptions options);
  // Queues the payloads of a picture that was taken at `captured_us`. False when there is no room: the
  // picture is dropped, and the next one must be a key frame.
  [[nodiscard]] bool push(std::span<const rtp::Bytes> payloads, std::int64_t captured_us);
  // Begins a turn of sending; next_packet() then gives what may go now at `bitrate` (bits per second, of the
  // encoder): a key frame is spread over some turns.
  void begin_turn(std::int64_t now_us, std::int64_t bitrate);
  // Valid until the next call.
  [[nodiscard]] std::optional<rtp::Bytes> next_packet(std::int64_t now_us);
  // What was sent under this sequence number once more.
  [[nodiscard]] std::optional<rtp::Bytes> retransmit(std::uint16_t sequence_number);

  [[nodiscard]] std::uint32_t timestamp_at(std::int64_t at_us) const;
  [[nodiscard]] const VideoSenderStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t queued_packets() const { return queued_; }

 private:
  struct Queued {
    std::vector<std::uint8_t> payload;
    std::uint32_t timestamp = 0;
    bool marker = false;
  };
  [[nodiscard]] std::optional<std::size_t> write(const rtp::Header& header, rtp::Bytes payload,
                                                 std::int64_t at_us);

  VideoSenderOptions options_;
  std::vector<Queued> queue_;  // a ring
  std::size_t front_ = 0;
  std::size_t queued_ = 0;
  std::int64_t queued_octets_ = 0;
  std::int64_t next_sequence_;
  std::uint16_t rtx_sequence_number_;
  rtp::SequenceUnwrapper sent_;
  rtp::PacketCache cache_;
  std::optional<std::int64_t> turn_us_;
  std::int64_t budget_ = 0;  // octets that may go in this turn
  std::size_t allowance_;    // octets that may be sent again
  std::vector<std::uint8_t> out_;
  std::vector<std::uint8_t> rtx_payload_;
  VideoSenderStats stats_;
};

}  // namespace chime::stream
