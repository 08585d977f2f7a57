#include "jitter/timeline.hpp"

#include <cstdlib>

namespace chime::jitter {

namespace {

constexpr std::int64_t kTicksPerMs = 48;
// A timestamp this far from where the clock says it should be is of another time line. Networks do not delay
// by seconds what they still deliver, and senders that pause go on with the clock.
constexpr std::int64_t kJump = 3000 * kTicksPerMs;
// Sequence numbers further apart than this are those of a sender that started anew (RFC 3550, A.1:
// MAX_DROPOUT).
constexpr std::int64_t kSequenceJump = 3000;

}  // namespace

void Timeline::join(std::uint32_t timestamp, std::int64_t arrival_us) {
  // As if this packet had come as punctually as the last one.
  const std::int64_t expected = newest_timestamp_ + (arrival_us - newest_arrival_us_) * kTicksPerMs / 1000;
  timestamps_.reset();
  offset_ = 0;
  offset_ = expected - timestamps_.unwrap(timestamp);
}

Timeline::Place Timeline::place(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                                std::int64_t arrival_us) {
  Place place;
  if (ssrc_ && ssrc != *ssrc_ && previous_ssrc_ == ssrc && arrival_us - newest_arrival_us_ < 1'000'000) {
    place.stale = true;
    return place;
  }
  const bool first = !ssrc_;
  if (first || ssrc != *ssrc_) {
    previous_ssrc_ = ssrc_;
    ssrc_ = ssrc;
    place.new_source = !first;
    sequences_.reset();
    if (!first) join(timestamp, arrival_us);
    place.sequence = sequences_.unwrap(sequence);
    place.timestamp = timestamps_.unwrap(timestamp) + offset_;
  } else {
    const std::int64_t extended_sequence = sequences_.peek(sequence);
    const std::int64_t extended = timestamps_.peek(timestamp) + offset_;
    const std::int64_t expected = newest_timestamp_ + (arrival_us - newest_arrival_us_) * kTicksPerMs / 1000;
    const bool ahead = extended_sequence > newest_sequence_;
    place.jumped = std::llabs(extended - expected) > kJump || (ahead && extended <= newest_timestamp_) ||
                   std::llabs(extended_sequence - newest_sequence_) > kSequenceJump;
    if (place.jumped) {
      if (!ahead || extended_sequence - newest_sequence_ > kSequenceJump) {
        sequences_.reset();
        place.new_source = true;
      }
      join(timestamp, arrival_us);
    }
    place.sequence = sequences_.unwrap(sequence);
    place.timestamp = timestamps_.unwrap(timestamp) + offset_;
  }
  if (first || place.new_source || place.jumped || place.timestamp > newest_timestamp_) {
    newest_timestamp_ = place.timestamp;
    newest_arrival_us_ = arrival_us;
  }
  if (first || place.new_source || place.jumped || place.sequence > newest_sequence_)
    newest_sequence_ = place.sequence;
  return place;
}

}  // namespace chime::jitter
