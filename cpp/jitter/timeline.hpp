// Puts the packets of a stream on one time line that only ever goes on: extends sequence numbers and
// timestamps, and joins a new source, or one whose timestamps jumped, to what came before.
#pragma once

#include <cstdint>
#include <optional>

#include "rtp/unwrapper.hpp"

namespace chime::jitter {

class Timeline {
 public:
  struct Place {
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;  // 48 kHz
    bool new_source = false;     // another SSRC, or a sender that started anew: decoder and reports do too
    bool jumped = false;         // the same SSRC with unrelated timestamps: what is buffered is of no use
    bool stale = false;          // a straggler of the source before: drop it
  };

  // Where a packet belongs. Call once a packet, in order of arrival.
  Place place(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, std::int64_t arrival_us);

  [[nodiscard]] std::optional<std::uint32_t> ssrc() const { return ssrc_; }

 private:
  void join(std::uint32_t timestamp, std::int64_t arrival_us);

  rtp::SequenceUnwrapper sequences_;
  rtp::TimestampUnwrapper timestamps_;
  std::optional<std::uint32_t> ssrc_;
  std::optional<std::uint32_t> previous_ssrc_;
  std::int64_t offset_ = 0;  // added to unwrapped timestamps
  std::int64_t newest_sequence_ = 0;
  std::int64_t newest_timestamp_ = 0;
  std::int64_t newest_arrival_us_ = 0;
};

}  // namespace chime::jitter
