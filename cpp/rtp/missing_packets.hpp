// What of a received stream is missing and should be asked for again (NACK, RFC 4585 section 6.2.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace chime::rtp {

// Sequence numbers are extended ones. No allocation after construction.
class MissingPackets {
 public:
  // Missing at once. A longer gap is not worth filling: a key frame costs less.
  static constexpr std::size_t kMax = 256;
  // Each packet is asked for so often; Chromium's receiver does the same.
  static constexpr int kMaxRequests = 10;
  // Packets that overtake each other are not lost: the first request waits this long.
  static constexpr std::int64_t kReorderingUs = 10'000;

  // A packet came. False when so many are missing now that they were given up.
  bool received(std::int64_t sequence, std::int64_t now_us);

  // Calls `ask(sequence)` for each packet that is due to be asked for; `retry_us` passes between two requests
  // for one packet (a round-trip time is the sense of it).
  template <typename Ask>
  void due(std::int64_t now_us, std::int64_t retry_us, Ask ask) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      Missing missing = missing_[i];
      if (missing.due_us <= now_us) {
        if (missing.requests >= kMaxRequests) continue;
        ask(missing.sequence);
        ++missing.requests;
        missing.due_us = now_us + retry_us;
      }
      missing_[kept++] = missing;
    }
    count_ = kept;
  }

  // Nothing is missing; packets before the next one are not missed. For a new stream, and after a key frame.
  void clear() { count_ = 0; }
  void reset() { *this = MissingPackets(); }
  // Gives up what is before `sequence`.
  void forget_before(std::int64_t sequence);
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Missing {
    std::int64_t sequence = 0;
    std::int64_t due_us = 0;
    int requests = 0;
  };
  bool any_ = false;
  std::int64_t highest_ = 0;
  std::size_t count_ = 0;
  std::array<Missing, kMax> missing_{};  // ascending
};

}  // namespace chime::rtp
