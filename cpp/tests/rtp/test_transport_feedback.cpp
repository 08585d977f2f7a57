#include "rtp/transport_feedback.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "rtp/bytes.hpp"

using namespace chime::rtp;

namespace {

// What a sender reads: when each packet came, in microseconds; nothing for a lost one.
struct Told {
  int count = 0;
  std::map<int, std::optional<std::int64_t>> arrivals;
};

Told read(std::span<const std::uint8_t> packet) {
  REQUIRE(packet.size() >= 20);
  CHECK(packet.size() % 4 == 0);
  CHECK(packet[0] == 0x8F);
  CHECK(packet[1] == 205);
  CHECK((read_u16(&packet[2]) + 1u) * 4u == packet.size());
  Told told;
  const int base = read_u16(&packet[12]);
  const int statuses = read_u16(&packet[14]);
  told.count = packet[19];
  std::vector<unsigned> symbols;
  std::size_t at = 20;
  while (symbols.size() < static_cast<std::size_t>(statuses)) {
    const unsigned chunk = read_u16(&packet[at]);
    REQUIRE((chunk & 0xC000u) == 0xC000u);
    for (int shift = 12; shift >= 0; shift -= 2) symbols.push_back(chunk >> shift & 3u);
    at += 2;
  }
  std::int64_t time = std::int64_t{read_u24(&packet[16])} * 64'000;
  for (int i = 0; i < statuses; ++i) {
    auto& arrival = told.arrivals[(base + i) & 0xFFFF];
    if (symbols[static_cast<std::size_t>(i)] == 1) time += packet[at++] * 250;
    if (symbols[static_cast<std::size_t>(i)] == 2) {
      time += static_cast<std::int16_t>(read_u16(&packet[at])) * 250;
      at += 2;
    }
    if (symbols[static_cast<std::size_t>(i)] != 0) arrival = time;
  }
  CHECK(packet.size() - at < 4);
  return told;
}

struct Feedback {
  TransportFeedback feedback;
  std::array<std::uint8_t, TransportFeedback::kMaxSize> memory{};

  std::optional<Told> write() {
    const auto size = feedback.write(1, 2, memory);
    if (!size) return std::nullopt;
    return read(std::span(memory).first(*size));
  }
};

}  // namespace

TEST_CASE("arrivals are told in quarters of a millisecond, losses between them too") {
  Feedback f;
  CHECK(!f.write());
  f.feedback.received(10, 1'000'000);
  f.feedback.received(11, 1'000'500);
  f.feedback.received(14, 1'200'000);
  f.feedback.received(13, 1'200'250);
  const auto told = f.write();
  REQUIRE(told);
  CHECK(told->arrivals == std::map<int, std::optional<std::int64_t>>{
                              {10, 1'000'000}, {11, 1'000'500}, {12, {}}, {13, 1'200'250}, {14, 1'200'000}});
  CHECK(!f.write());
}

TEST_CASE("the next packet begins where the last one ended") {
  Feedback f;
  f.feedback.received(65534, 0);
  CHECK(f.write()->count == 0);
  f.feedback.received(1, 50'000);
  const auto told = f.write();
  REQUIRE(told);
  CHECK(told->count == 1);
  CHECK(told->arrivals == std::map<int, std::optional<std::int64_t>>{{65535, {}}, {0, {}}, {1, 50'000}});
}

TEST_CASE("duplicates count once, late ones are still told of") {
  Feedback f;
  f.feedback.received(5, 0);
  f.feedback.received(5, 1000);
  f.feedback.received(7, 2000);
  CHECK(f.write()->arrivals.size() == 3);
  f.feedback.received(6, 64'000);
  const auto told = f.write();
  REQUIRE(told);
  CHECK(told->arrivals.at(6) == 64'000);
}

TEST_CASE("what does not fit into one packet goes into the next") {
  Feedback f;
  for (int i = 0; i < 250; ++i) f.feedback.received(static_cast<std::uint16_t>(5 * i), i * 100'000);
  int received = 0;
  int packets = 0;
  while (const auto told = f.write()) {
    ++packets;
    for (const auto& [sequence, arrival] : told->arrivals) received += arrival.has_value();
  }
  CHECK(received == 250);
  CHECK(packets > 1);
}

TEST_CASE("a jump is a new beginning") {
  Feedback f;
  f.feedback.received(5, 0);
  CHECK(f.write());
  f.feedback.received(20'000, 1000);
  const auto told = f.write();
  REQUIRE(told);
  CHECK(told->arrivals.size() == 1);
  f.feedback.received(20'001, 60'000'000);
  CHECK(f.write()->arrivals.at(20'001) == 60'000'000);
}

TEST_CASE("more than there is room for is as good as lost") {
  Feedback f;
  for (int i = 0; i < 1000; ++i) f.feedback.received(static_cast<std::uint16_t>(i), i);
  int received = 0;
  while (const auto told = f.write()) {
    for (const auto& [sequence, arrival] : told->arrivals) received += arrival.has_value();
  }
  CHECK(received == static_cast<int>(TransportFeedback::kMaxArrivals));
}
