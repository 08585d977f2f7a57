// From RTP packets to frames in the packet buffer: parses, splits RED, drops what is of no use and counts it,
// and tells the delay estimate when each frame first became available in any form.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "jitter/delay_estimator.hpp"
#include "jitter/packet_buffer.hpp"
#include "jitter/reception.hpp"
#include "jitter/statistics.hpp"
#include "jitter/timeline.hpp"
#include "opus/packet.hpp"
#include "rtp/extensions.hpp"
#include "rtp/packet.hpp"
#include "rtp/red.hpp"

namespace chime::stream {

struct PayloadTypes {
  std::uint8_t opus = 111;
  std::optional<std::uint8_t> red;
};

class FrameIntake {
 public:
  // Passed in, and must outlive it: where frames, availabilities and counts go.
  FrameIntake(PayloadTypes types, std::uint8_t audio_level_id, jitter::PacketBuffer& buffer,
              jitter::DelayEstimator& estimator, jitter::Statistics& statistics);
  FrameIntake(const FrameIntake&) = delete;
  FrameIntake& operator=(const FrameIntake&) = delete;

  enum class Result : std::uint8_t {
    kDropped,
    kTaken,
    kTakenNewEncoder,   // taken; the decoder must start afresh at this packet
    kTakenNewTimeline,  // taken, and what was buffered is gone
  };
  // `oldest_useful`: media time before which nothing is of use, if that is known.
  Result push(rtp::Bytes data, std::int64_t arrival_us, std::optional<std::int64_t> oldest_useful);

  [[nodiscard]] std::optional<std::uint32_t> ssrc() const { return timeline_.ssrc(); }
  [[nodiscard]] jitter::Reception& reception() { return reception_; }
  // Media time at which some frame begins; frames begin at whole ticks from each other.
  [[nodiscard]] std::int64_t grid() const { return grid_; }
  // Level that the last packet announced (RFC 6464).
  [[nodiscard]] std::optional<rtp::AudioLevel> announced_level() const { return announced_; }

 private:
  struct Block {
    std::int64_t timestamp;
    bool copy;
    rtp::Bytes data;
  };
  bool take(const Block& block, std::int64_t sequence, std::int64_t arrival_us,
            std::optional<std::int64_t> oldest_useful);
  void note_available(std::int64_t timestamp, std::int32_t duration, std::int64_t arrival_us, bool fec);
  bool seen_sequence(std::int64_t sequence);

  // Remembers the last 1024 numbers: 2.5 s of the shortest Opus frames, 20 s of usual packets.
  static constexpr std::size_t kMemory = 1024;

  PayloadTypes types_;
  std::uint8_t audio_level_id_;
  jitter::PacketBuffer& buffer_;
  jitter::DelayEstimator& estimator_;
  jitter::Statistics& statistics_;
  jitter::Timeline timeline_;
  jitter::Reception reception_;
  std::array<std::int64_t, kMemory> available_;      // timestamps of frames that were there in any form
  std::array<std::int64_t, kMemory> available_fec_;  // as in-band FEC
  std::array<std::int64_t, kMemory> sequences_;
  std::int64_t first_timestamp_ = 0;
  bool any_ = false;
  std::int64_t grid_ = 0;
  std::optional<rtp::AudioLevel> announced_;
  // Of the packet at hand; kept here because to make them anew takes longer than to read most packets.
  rtp::RedBlocks blocks_;
  opus::Packet opus_;
};

}  // namespace chime::stream
