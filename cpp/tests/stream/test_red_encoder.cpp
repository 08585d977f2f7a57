#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rtp/red.hpp"
#include "stream/red_encoder.hpp"

using namespace chime;
using stream::CopyOffset;
using stream::RedEncoder;

namespace {

using Octets = std::vector<std::uint8_t>;

// A CELT packet of 20 ms, always worth repeating, told apart by its last octet.
Octets packet(std::uint8_t number, std::size_t size = 10) {
  Octets data(size, 1);
  data.front() = 31 << 3;
  data.back() = number;
  return data;
}

// A SILK packet without voice.
Octets silence() { return {9 << 3, 0, 0}; }

struct Sender {
  RedEncoder encoder{111, 63};
  std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> out{};
  rtp::RedBlocks blocks;

  // Offsets of the copies in the payload, oldest first.
  std::vector<int> send(std::uint32_t timestamp, const Octets& data) {
    payload = {out.data(), encoder.encode(timestamp, data, out)};
    REQUIRE(rtp::split_red(payload, 111, blocks) == rtp::RedStatus::ok);
    std::vector<int> offsets;
    for (const auto& block : blocks.redundant()) offsets.push_back(block.timestamp_offset);
    CHECK(encoder.copies() == offsets.size());
    return offsets;
  }
  rtp::Bytes payload;
};

using Offsets = std::vector<int>;

}  // namespace

TEST_CASE("copies come from two and four packets back, oldest first") {
  Sender sender;
  sender.encoder.set_offsets(RedEncoder::kChimeOffsets);
  for (std::uint32_t n = 0; n < 4; ++n) sender.send(n * 960, packet(static_cast<std::uint8_t>(n)));
  CHECK(sender.send(4 * 960, packet(4)) == Offsets{3840, 1920});
  CHECK(sender.blocks.redundant()[0].data.back() == 0);
  CHECK(sender.blocks.redundant()[1].data.back() == 2);
  CHECK(sender.encoder.copied_size() == 20);
}

TEST_CASE("what is not worth repeating leaves a hole that the packet before fills") {
  Sender sender;
  sender.encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(1));
  sender.send(0, packet(0));
  sender.send(960, silence());
  sender.send(1920, packet(2));
  CHECK(sender.send(2880, packet(3)) == Offsets{2880});
  sender.send(3840, silence());
  sender.send(4800, silence());
  CHECK(sender.send(5760, silence()) == Offsets{2880});
  CHECK(sender.send(6720, silence()) == Offsets{});
}

TEST_CASE("the timestamp may wrap") {
  Sender sender;
  sender.encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(1));
  sender.send(0xFFFFFFFF - 959, packet(0));
  sender.send(0, packet(1));
  CHECK(sender.send(960, packet(2)) == Offsets{1920});
}

TEST_CASE("a backward jump forgets the packets of the future") {
  Sender sender;
  sender.encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(1));
  for (std::uint32_t n = 100; n < 110; ++n) sender.send(n * 960, packet(0));
  for (std::uint32_t n = 0; n < 2; ++n) CHECK(sender.send(n * 960, packet(1)) == Offsets{});
  CHECK(sender.send(1920, packet(2)) == Offsets{1920});
}

TEST_CASE("a payload of a thousand octets is the largest") {
  Sender sender;
  sender.encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(1));
  sender.send(0, packet(0, 500));
  sender.send(960, packet(1, 500));
  CHECK(sender.send(1920, packet(2, 495)) == Offsets{1920});
  CHECK(sender.payload.size() == 1000);
  CHECK(sender.send(2880, packet(3, 496)) == Offsets{});
  CHECK(sender.encoder.encode(3840, packet(4, 1000), sender.out) == 0);
  CHECK(sender.encoder.encode(3840, Octets{}, sender.out) == 0);
  CHECK(sender.encoder.encode(3840, packet(4, 999), sender.out) == 1000);
}

TEST_CASE("after a copy that does not fit an older one may") {
  for (const auto misfit : {RedEncoder::Misfit::stop, RedEncoder::Misfit::try_next}) {
    RedEncoder encoder(111, 63, misfit);
    encoder.set_offsets(RedEncoder::kChimeOffsets);
    std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> out;
    encoder.encode(0, packet(0, 100), out);
    encoder.encode(960, packet(1, 100), out);
    encoder.encode(1920, packet(2, 900), out);
    encoder.encode(2880, packet(3, 100), out);
    encoder.encode(3840, packet(4, 500), out);
    CHECK(encoder.copies() == (misfit == RedEncoder::Misfit::stop ? 0 : 1));
  }
}

TEST_CASE("a fallback never repeats a block twice") {
  Sender sender;
  sender.encoder.set_offsets(std::array{CopyOffset{960, 1920}, CopyOffset{1920, 2880}});
  sender.send(0, packet(0));
  sender.send(960, packet(1));
  sender.send(1920, silence());
  CHECK(sender.send(2880, packet(3)) == Offsets{2880, 1920});
}

TEST_CASE("switched off it goes on remembering") {
  Sender sender;
  sender.encoder.set_offsets(std::span(RedEncoder::kChimeOffsets).first(1));
  sender.encoder.set_enabled(false);
  sender.send(0, packet(0));
  sender.send(960, packet(1));
  CHECK(sender.send(1920, packet(2)) == Offsets{});
  sender.encoder.set_enabled(true);
  CHECK(sender.send(2880, packet(3)) == Offsets{1920});
}

TEST_CASE("frames of others get our copies or go on as they are") {
  RedEncoder encoder(111, 63);
  std::array<std::uint8_t, RedEncoder::kMaxPayloadSize> out;
  const Octets plain = packet(0), broken{0xEF, 0}, large(1001);
  CHECK(encoder.transform(0, plain, 111, out)->data() == plain.data());
  CHECK(encoder.transform(0, broken, 63, out)->data() == broken.data());
  CHECK_FALSE(encoder.transform(0, large, 111, out).has_value());
  const Octets red{0xEF, 0, 4, 1, 0x6F, 9, 31 << 3, 7};
  const auto sent = encoder.transform(0, red, 63, out);
  REQUIRE(sent.has_value());
  CHECK(Octets(sent->begin(), sent->end()) == Octets{0x6F, 31 << 3, 7});
}
