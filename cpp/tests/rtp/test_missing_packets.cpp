#include "rtp/missing_packets.hpp"

#include <doctest/doctest.h>

#include <vector>

using chime::rtp::MissingPackets;

namespace {

constexpr std::int64_t kRetryUs = 100'000;

std::vector<std::int64_t> due(MissingPackets& missing, std::int64_t now_us) {
  std::vector<std::int64_t> result;
  missing.due(now_us, kRetryUs, [&](std::int64_t sequence) { result.push_back(sequence); });
  return result;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a gap is asked for after the time that reordering takes, and again after each retry") {
  MissingPackets missing;
  CHECK(missing.received(100, 0));
  CHECK(missing.received(103, 0));
  CHECK(due(missing, 0).empty());
  CHECK(due(missing, MissingPackets::kReorderingUs) == Numbers{101, 102});
  CHECK(due(missing, MissingPackets::kReorderingUs + 1).empty());
  CHECK(due(missing, MissingPackets::kReorderingUs + kRetryUs) == Numbers{101, 102});
}

TEST_CASE("what arrives is not asked for any more") {
  MissingPackets missing;
  missing.received(100, 0);
  missing.received(104, 0);
  missing.received(102, 0);
  CHECK(due(missing, 1'000'000) == Numbers{101, 103});
  missing.received(101, 0);
  missing.received(101, 0);
  CHECK(due(missing, 2'000'000) == Numbers{103});
}

TEST_CASE("each packet is given up in the end") {
  MissingPackets missing;
  missing.received(1, 0);
  missing.received(3, 0);
  for (int i = 0; i < MissingPackets::kMaxRequests; ++i) CHECK(due(missing, (i + 1) * 1'000'000).size() == 1);
  CHECK(due(missing, 100'000'000).empty());
  CHECK(missing.size() == 0);
}

TEST_CASE("too long a gap is given up at once") {
  MissingPackets missing;
  missing.received(1, 0);
  const auto most = static_cast<std::int64_t>(MissingPackets::kMax);
  CHECK(missing.received(2 + most, 0));
  CHECK(missing.size() == MissingPackets::kMax);
  CHECK_FALSE(missing.received(4 + most, 0));
  CHECK(missing.size() == 0);
}

TEST_CASE("what is before a key frame is not needed") {
  MissingPackets missing;
  missing.received(1, 0);
  missing.received(5, 0);
  missing.received(8, 0);
  missing.forget_before(5);
  CHECK(due(missing, 1'000'000) == Numbers{6, 7});
}
