// Extends wrapping counters of RTP to 64 bits. This is the only place that knows about wrap-around;
// everything past the parser works on extended values.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace chime::rtp {

// Maps each value to the extended one nearest to the newest seen so far (RFC 3550 appendix A.1 uses the same
// idea). The first value maps to itself, so later ones may be negative when the stream is reordered around
// its start.
template <typename Wrapping>
class Unwrapper {
  static_assert(std::is_unsigned_v<Wrapping>);

 public:
  // The extended value, and remembers it as the reference for the next one.
  std::int64_t unwrap(Wrapping value) {
    const std::int64_t extended = peek(value);
    last_ = extended;
    return extended;
  }

  // The same without remembering.
  [[nodiscard]] std::int64_t peek(Wrapping value) const {
    if (!last_) return value;
    const auto last = static_cast<Wrapping>(static_cast<std::uint64_t>(*last_));
    const auto distance = static_cast<std::make_signed_t<Wrapping>>(static_cast<Wrapping>(value - last));
    return *last_ + distance;
  }

  void reset() { last_.reset(); }

 private:
  std::optional<std::int64_t> last_;
};

using SequenceUnwrapper = Unwrapper<std::uint16_t>;
using TimestampUnwrapper = Unwrapper<std::uint32_t>;

}  // namespace chime::rtp
