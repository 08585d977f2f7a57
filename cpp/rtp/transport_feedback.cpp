#include "rtp/transport_feedback.hpp"

#include <algorithm>

#include "rtp/bytes.hpp"

namespace chime::rtp {

namespace {

constexpr std::int64_t kReferenceUs = 64'000;
constexpr std::int64_t kDeltaUs = 250;
constexpr std::size_t kHeaderSize = 20;
// Two-bit symbols in a status vector chunk.
constexpr std::size_t kSymbolsInChunk = 7;
constexpr std::uint16_t kTwoBitVector = 0xC000;
constexpr std::uint8_t kTransportFeedback = 205;  // RTPFB
constexpr std::uint8_t kFormat = 15;

enum class Symbol : std::uint16_t { lost = 0, small_delta = 1, large_delta = 2 };

Symbol symbol_of(std::int64_t delta) {
  return delta >= 0 && delta <= 255 ? Symbol::small_delta : Symbol::large_delta;
}

}  // namespace

void TransportFeedback::received(std::uint16_t sequence_number, std::int64_t arrival_us) {
  const std::int64_t sequence = sequences_.unwrap(sequence_number);
  if (count_ == kMaxArrivals) return;  // nobody writes: the sender sees them as lost
  // Ascending, each once; nearly always at the end.
  std::size_t place = count_;
  while (place > 0 && arrivals_[place - 1].sequence > sequence) --place;
  if (place > 0 && arrivals_[place - 1].sequence == sequence) return;
  std::move_backward(arrivals_.begin() + static_cast<std::ptrdiff_t>(place),
                     arrivals_.begin() + static_cast<std::ptrdiff_t>(count_),
                     arrivals_.begin() + static_cast<std::ptrdiff_t>(count_) + 1);
  arrivals_[place] = {sequence, arrival_us};
  ++count_;
}

std::optional<std::size_t> TransportFeedback::write(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                                                    std::span<std::uint8_t> out) {
  if (count_ == 0 || out.size() < kMaxSize) return std::nullopt;
  std::int64_t base = std::min(arrivals_[0].sequence, next_.value_or(arrivals_[0].sequence));
  if (arrivals_[0].sequence - base >= kMaxSpan / 2) base = arrivals_[0].sequence;
  const std::int64_t reference = arrivals_[0].at_us / kReferenceUs;

  // Deltas first, into the arrivals' order, to know how far this packet reaches.
  std::array<std::int64_t, kMaxArrivals> deltas;
  std::int64_t before = reference * kReferenceUs / kDeltaUs;
  std::size_t told = 0;
  std::size_t deltas_size = 0;
  while (told < count_) {
    const std::int64_t at = arrivals_[told].at_us / kDeltaUs;
    const std::int64_t delta = at - before;
    const std::size_t size = symbol_of(delta) == Symbol::small_delta ? 1 : 2;
    const auto reach = static_cast<std::size_t>(arrivals_[told].sequence - base + 1);
    const std::size_t chunks = (reach + kSymbolsInChunk - 1) / kSymbolsInChunk;
    const bool fits = kHeaderSize + 2 * chunks + deltas_size + size + 3 <= kMaxSize;
    if (delta < INT16_MIN || delta > INT16_MAX || reach > static_cast<std::size_t>(kMaxSpan) || !fits) break;
    deltas[told++] = delta;
    deltas_size += size;
    before = at;
  }
  if (told == 0) {  // cannot be told of in any packet: a jump in time or number
    next_.reset();
    count_ = 0;
    return std::nullopt;
  }
  const std::int64_t last = arrivals_[told - 1].sequence;

  std::uint8_t* at = out.data();
  at[0] = 0x80 | kFormat;
  at[1] = kTransportFeedback;
  write_u32(at + 4, sender_ssrc);
  write_u32(at + 8, media_ssrc);
  write_u16(at + 12, static_cast<std::uint16_t>(static_cast<std::uint64_t>(base)));
  write_u16(at + 14, static_cast<std::uint16_t>(last - base + 1));
  write_u24(at + 16, static_cast<std::uint32_t>(static_cast<std::uint64_t>(reference)) & 0xFFFFFF);
  at[19] = packets_written_++;
  at += kHeaderSize;
  std::size_t index = 0;
  for (std::int64_t first = base; first <= last; first += kSymbolsInChunk) {
    std::uint16_t chunk = kTwoBitVector;
    for (std::size_t i = 0; i < kSymbolsInChunk; ++i) {
      const bool came = index < told && arrivals_[index].sequence == first + static_cast<std::int64_t>(i);
      const Symbol symbol = came ? symbol_of(deltas[index]) : Symbol::lost;
      index += came;
      chunk = static_cast<std::uint16_t>(chunk | static_cast<unsigned>(symbol) << (12 - 2 * i));
    }
    write_u16(at, chunk);
    at += 2;
  }
  for (std::size_t i = 0; i < told; ++i) {
    if (symbol_of(deltas[i]) == Symbol::small_delta) {
      *at++ = static_cast<std::uint8_t>(deltas[i]);
    } else {
      write_u16(at, static_cast<std::uint16_t>(deltas[i]));
      at += 2;
    }
  }
  while ((at - out.data()) % 4 != 0) *at++ = 0;
  const auto size = static_cast<std::size_t>(at - out.data());
  write_u16(out.data() + 2, static_cast<std::uint16_t>(size / 4 - 1));

  std::move(arrivals_.begin() + static_cast<std::ptrdiff_t>(told),
            arrivals_.begin() + static_cast<std::ptrdiff_t>(count_), arrivals_.begin());
  count_ -= told;
  next_ = std::max(last + 1, next_.value_or(last + 1));
  return size;
}

}  // namespace chime::rtp
