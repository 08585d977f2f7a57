#include "rtp/splicer.hpp"

#include <algorithm>

namespace chime::rtp {

void Splicer::join(std::int64_t piece, Position from, std::int64_t now_us) {
  // At least one tick on, or the receiver takes the first frame of the piece for more of the last one.
  const std::int64_t timestamp =
      count_ == 0 ? start_timestamp_ : std::max(timestamp_at(now_us), newest_timestamp_ + 1);
  pieces_[count_ % kRemembered] = {piece, next_sequence_, next_sequence_ - from.sequence,
                                   timestamp - from.timestamp};
  ++count_;
  newest_timestamp_ = timestamp;
  newest_at_us_ = now_us;
}

std::optional<Splicer::Position> Splicer::map(Position source, std::int64_t now_us) {
  if (count_ == 0) return std::nullopt;
  const Piece& piece = pieces_[(count_ - 1) % kRemembered];
  const Position output{source.sequence + piece.sequence_offset, source.timestamp + piece.timestamp_offset};
  if (output.sequence < piece.first_output) return std::nullopt;
  next_sequence_ = std::max(next_sequence_, output.sequence + 1);
  if (output.timestamp > newest_timestamp_) {
    newest_timestamp_ = output.timestamp;
    newest_at_us_ = now_us;
  }
  return output;
}

std::optional<Splicer::Origin> Splicer::origin(std::int64_t output_sequence) const {
  if (output_sequence >= next_sequence_) return std::nullopt;
  for (std::size_t back = 1; back <= std::min(count_, kRemembered); ++back) {
    const Piece& piece = pieces_[(count_ - back) % kRemembered];
    if (output_sequence >= piece.first_output) {
      return Origin{piece.name, output_sequence - piece.sequence_offset, piece.timestamp_offset};
    }
  }
  return std::nullopt;
}

std::int64_t Splicer::timestamp_at(std::int64_t now_us) const {
  if (count_ == 0) return start_timestamp_;
  return newest_timestamp_ + (now_us - newest_at_us_) * kVideoClock / 1'000'000;
}

}  // namespace chime::rtp
