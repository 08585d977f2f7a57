#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "rtp/red.hpp"

using namespace chime::rtp;

namespace {

using Octets = std::vector<std::uint8_t>;

Octets pack(std::span<const RedBlock> blocks) {
  Octets out(packed_red_size(blocks));
  REQUIRE(pack_red(blocks, out) == out.size());
  return out;
}

}  // namespace

TEST_CASE("a payload without redundancy is one octet longer than its primary") {
  const Octets data{0x78, 1, 2};
  const std::array blocks{RedBlock{111, 0, data}};
  CHECK(pack(blocks) == Octets{0x6F, 0x78, 1, 2});
}

TEST_CASE("blocks come back in order, oldest first") {
  const Octets oldest{4, 4, 4}, older{}, primary{1};
  const std::array blocks{RedBlock{111, 3840, oldest}, RedBlock{111, 1920, older}, RedBlock{111, 0, primary}};
  const auto payload = pack(blocks);
  CHECK(payload == Octets{0xEF, 0x3C, 0x00, 3, 0xEF, 0x1E, 0x00, 0, 0x6F, 4, 4, 4, 1});

  RedBlocks split;
  REQUIRE(split_red(payload, 111, split) == RedStatus::ok);
  REQUIRE(split.all().size() == 3);
  CHECK(split.redundant().size() == 2);
  CHECK(split.redundant()[0].timestamp_offset == 3840);
  CHECK(split.redundant()[0].data.size() == 3);
  CHECK(split.redundant()[1].data.empty());
  CHECK(split.primary().data[0] == 1);
  CHECK(split.primary().timestamp_offset == 0);
}

TEST_CASE("broken payloads are told apart") {
  RedBlocks split;
  CHECK(split_red({}, 111, split) == RedStatus::padding);
  CHECK(split_red(Octets{0xEF, 0, 0, 0}, 111, split) == RedStatus::padding);
  CHECK(split_red(Octets{0xEF, 0, 0}, 111, split) == RedStatus::truncated_header);
  CHECK(split_red(Octets{0x6E, 1}, 111, split) == RedStatus::wrong_payload_type);
  CHECK(split_red(Octets{0x6F}, 111, split) == RedStatus::truncated_blocks);
  CHECK(split_red(Octets{0xEF, 0, 0, 2, 0x6F, 1, 2}, 111, split) == RedStatus::truncated_blocks);
  CHECK(split_red(Octets{0xEF, 0, 0, 1, 0x6F, 1, 2}, 111, split) == RedStatus::ok);
}

TEST_CASE("the number of blocks is bounded") {
  Octets payload;
  for (std::size_t i = 0; i < kMaxRedundantBlocks; ++i) payload.insert(payload.end(), {0xEF, 0, 0, 0});
  Octets one_more = payload;
  one_more.insert(one_more.end(), {0xEF, 0, 0, 0, 0x6F, 1});
  payload.insert(payload.end(), {0x6F, 1});
  RedBlocks split;
  REQUIRE(split_red(payload, 111, split) == RedStatus::ok);
  CHECK(split.redundant().size() == kMaxRedundantBlocks);
  CHECK(split_red(one_more, 111, split) == RedStatus::too_many_blocks);
}

TEST_CASE("packing refuses what the format cannot say") {
  const Octets big(kMaxRedBlockSize + 1), one{1};
  Octets out(4000);
  CHECK_FALSE(pack_red({}, out).has_value());
  CHECK_FALSE(pack_red(std::array{RedBlock{111, 960, big}, RedBlock{111, 0, one}}, out).has_value());
  CHECK_FALSE(pack_red(std::array{RedBlock{111, kMaxRedTimestampOffset + 1, one}, RedBlock{111, 0, one}}, out)
                  .has_value());
  CHECK_FALSE(pack_red(std::array{RedBlock{111, 0, one}}, std::span(out).first(1)).has_value());
  CHECK(pack_red(std::array{RedBlock{111, 0, big}}, out) == big.size() + 1);
}
