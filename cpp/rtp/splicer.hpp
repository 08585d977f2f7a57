// One RTP stream made of pieces of others: sequence numbers without a seam, timestamps that go on with the
// time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace chime::rtp {

// All numbers are extended ones. Within a piece the distances of the source are kept, gaps included, so that
// a receiver sees what was lost on the way here and asks for it.
class Splicer {
 public:
  // Ticks a second of every video payload format.
  static constexpr std::int64_t kVideoClock = 90'000;

  struct Position {
    std::int64_t sequence = 0;
    std::int64_t timestamp = 0;
  };
  // Where a packet that was put out came from.
  struct Origin {
    std::int64_t piece = 0;
    std::int64_t sequence = 0;          // in the source
    std::int64_t timestamp_offset = 0;  // to be added to the source's timestamp
  };

  // `start` is where the output begins.
  explicit Splicer(Position start) : next_sequence_(start.sequence), start_timestamp_(start.timestamp) {}

  // A new piece begins with the packet that stands at `from` in its source. `piece` is a name that the caller
  // chooses, another one each time.
  void join(std::int64_t piece, Position from, std::int64_t now_us);
  // The place in the output of a packet of the present piece; nothing for one before the piece's beginning.
  [[nodiscard]] std::optional<Position> map(Position source, std::int64_t now_us);
  // Nothing for what was never put out, or so long ago that its piece is forgotten.
  [[nodiscard]] std::optional<Origin> origin(std::int64_t output_sequence) const;
  // The timestamp that a packet put out now would have.
  [[nodiscard]] std::int64_t timestamp_at(std::int64_t now_us) const;

 private:
  struct Piece {
    std::int64_t name = 0;
    std::int64_t first_output = 0;
    std::int64_t sequence_offset = 0;
    std::int64_t timestamp_offset = 0;
  };
  // Pieces that can be sent again: a receiver asks within a second or two, and layers change less often.
  static constexpr std::size_t kRemembered = 8;

  std::array<Piece, kRemembered> pieces_{};
  std::size_t count_ = 0;  // pieces so far; the present one is the last
  std::int64_t next_sequence_;
  std::int64_t start_timestamp_;
  std::int64_t newest_timestamp_ = 0;
  std::int64_t newest_at_us_ = 0;
};

}  // namespace chime::rtp
