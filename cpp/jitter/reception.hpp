// What a receiver report says of a stream (RFC 3550, section 6.4.1, appendices A.3 and A.8).
#pragma once

#include <cstdint>
#include <optional>

namespace chime::jitter {

struct ReportBlock {
  std::uint32_t ssrc = 0;
  double fraction_lost = 0;                   // since the block before this one, 0 to 1
  std::int64_t packets_lost = 0;              // since the start; negative when duplicates outnumber losses
  std::uint32_t highest_sequence_number = 0;  // extended
  std::uint32_t jitter = 0;                   // RTP timestamp units
};

class Reception {
 public:
  // RTP clocks, ticks a microsecond: of Opus (RFC 7587), and of every video payload format.
  static constexpr double kOpusClock = 0.048;
  static constexpr double kVideoClock = 0.09;

  explicit Reception(double ticks_per_us = kOpusClock) : ticks_per_us_(ticks_per_us) {}

  // A packet of the stream, with extended numbers. Copies inside of packets are no packets.
  void on_packet(std::int64_t sequence, std::int64_t timestamp, std::int64_t arrival_us);
  // Starts anew for another source.
  void reset() { *this = Reception(ticks_per_us_); }

  [[nodiscard]] std::int64_t packets_lost() const;
  // Interarrival jitter, RTP timestamp units.
  [[nodiscard]] double jitter() const { return jitter_; }
  // Nothing before the first packet. Starts a new interval.
  [[nodiscard]] std::optional<ReportBlock> report(std::uint32_t ssrc);

 private:
  [[nodiscard]] std::int64_t expected() const { return highest_ - first_ + 1; }

  double ticks_per_us_;
  bool any_ = false;
  std::int64_t first_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t received_ = 0;
  std::int64_t expected_before_ = 0;
  std::int64_t received_before_ = 0;
  double transit_ = 0;
  double jitter_ = 0;
};

}  // namespace chime::jitter
