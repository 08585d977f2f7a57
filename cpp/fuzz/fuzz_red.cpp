// Any payload: refused, or split into blocks that pack into the same octets; the sender and the recovery
// counter take it.
#include <algorithm>
#include <array>
#include <vector>

#include "fuzz/check.hpp"
#include "rtp/red.hpp"
#include "stream/recovery_counter.hpp"
#include "stream/red_encoder.hpp"

using namespace chime;

namespace {

constexpr std::uint8_t kOpus = 111;
constexpr std::uint8_t kRed = 63;

void check_split(rtp::Bytes payload) {
  rtp::RedBlocks blocks;
  if (rtp::split_red(payload, kOpus, blocks) != rtp::RedStatus::ok) return;
  CHIME_CHECK(!blocks.primary().data.empty());
  std::vector<std::uint8_t> out(rtp::packed_red_size(blocks.all()));
  CHIME_CHECK(rtp::pack_red(blocks.all(), out) == payload.size());
  CHIME_CHECK(std::equal(out.begin(), out.end(), payload.begin(), payload.end()));
}

// The input as a series of frames: two octets of timestamp step and kind, one of length, then the frame.
void check_stream(rtp::Bytes input) {
  stream::RedEncoder encoder(kOpus, kRed, stream::RedEncoder::Misfit::try_next);
  encoder.set_offsets(stream::RedEncoder::kChimeOffsets);
  stream::RecoveryCounter counter(kOpus, kRed);
  std::array<std::uint8_t, stream::RedEncoder::kMaxPayloadSize> out;
  std::uint32_t timestamp = 0xFFFFF000;
  std::uint16_t sequence_number = 65530;
  while (input.size() > 3) {
    timestamp += input[0] * 480u;
    sequence_number = static_cast<std::uint16_t>(sequence_number + input[1] % 8);
    const bool red = (input[1] & 0x80) != 0;
    const std::size_t size = std::min<std::size_t>(input[2] * std::size_t{8}, input.size() - 3);
    const rtp::Bytes frame = input.subspan(3, size);
    input = input.subspan(3 + size);
    const auto sent = encoder.transform(timestamp, frame, red ? kRed : kOpus, out);
    if (sent) CHIME_CHECK(sent->size() <= stream::RedEncoder::kMaxPayloadSize);
    const std::size_t made = encoder.encode(timestamp, frame, out);
    CHIME_CHECK(made <= out.size());
    (void)counter.receive(rtp::Bytes(out).first(made), kRed, sequence_number, timestamp);
    (void)counter.receive(frame, kRed, sequence_number, timestamp);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_split({data, size});
  check_stream({data, size});
  return 0;
}
