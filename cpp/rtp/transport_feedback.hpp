// Transport-wide feedback: when each packet came, told to its sender, who estimates the path from it
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/unwrapper.hpp"

namespace chime::rtp {

// Collects arrivals between two feedback packets. No allocation.
class TransportFeedback {
 public:
  // Arrivals in one feedback packet; at 50 ms apart this is 40 Mbit/s. More make room by being written
  // sooner.
  static constexpr std::size_t kMaxArrivals = 256;
  // Packets that one feedback tells of, lost ones included. A longer gap is a new beginning.
  static constexpr std::int64_t kMaxSpan = 1024;
  // Octets that a feedback packet may have.
  static constexpr std::size_t kMaxSize = 1000;

  // A packet with this transport-wide sequence number came.
  void received(std::uint16_t sequence_number, std::int64_t arrival_us);

  // Writes an RTCP packet about what came since the last one; nothing when nothing did.
  std::optional<std::size_t> write(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                                   std::span<std::uint8_t> out);

 private:
  struct Arrival {
    std::int64_t sequence = 0;
    std::int64_t at_us = 0;
  };
  SequenceUnwrapper sequences_;
  std::array<Arrival, kMaxArrivals> arrivals_{};
  std::size_t count_ = 0;
  std::optional<std::int64_t> next_;  // the first that no feedback told of
  std::uint8_t packets_written_ = 0;
};

}  // namespace chime::rtp
