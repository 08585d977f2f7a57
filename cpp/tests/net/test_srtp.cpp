#include "net/srtp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

using namespace chime::net;

namespace {

std::vector<std::uint8_t> key(SrtpProfile profile) {
  std::vector<std::uint8_t> bytes(key_size(profile));
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  return bytes;
}

std::vector<std::uint8_t> rtp(std::uint16_t sequence, std::size_t payload = 60) {
  std::vector<std::uint8_t> packet(12 + payload, 0x5a);
  const std::array<std::uint8_t, 12> header = {0x80,
                                               111,
                                               static_cast<std::uint8_t>(sequence >> 8),
                                               static_cast<std::uint8_t>(sequence),
                                               0,
                                               0,
                                               0,
                                               1,
                                               0,
                                               0,
                                               0,
                                               9};
  std::copy(header.begin(), header.end(), packet.begin());
  return packet;
}

struct Pair {
  explicit Pair(SrtpProfile profile)
      : out(profile, key(profile), SrtpDirection::outbound),
        in(profile, key(profile), SrtpDirection::inbound) {}

  std::vector<std::uint8_t> protect(const std::vector<std::uint8_t>& packet) {
    auto buffer = packet;
    buffer.resize(packet.size() + SrtpContext::kMaxGrowth);
    buffer.resize(out.protect(buffer, packet.size()));
    return buffer;
  }
  std::vector<std::uint8_t> unprotect(std::vector<std::uint8_t> packet) {
    packet.resize(in.unprotect(packet));
    return packet;
  }

  SrtpContext out;
  SrtpContext in;
};

constexpr std::array kProfiles = {SrtpProfile::aes128_cm_sha1_80, SrtpProfile::aead_aes_128_gcm,
                                  SrtpProfile::aead_aes_256_gcm};

}  // namespace

TEST_CASE("what is protected comes out again, and only once") {
  for (const auto profile : kProfiles) {
    Pair pair(profile);
    const auto packet = rtp(7);
    const auto wire = pair.protect(packet);
    REQUIRE(wire.size() > packet.size());
    CHECK(std::equal(packet.begin(), packet.begin() + 12, wire.begin()));
    CHECK_FALSE(std::equal(packet.begin() + 12, packet.end(), wire.begin() + 12));
    CHECK(pair.unprotect(wire) == packet);
    CHECK(pair.unprotect(wire).empty());
  }
}

TEST_CASE("a packet that was changed, cut or made up is refused") {
  Pair pair(SrtpProfile::aes128_cm_sha1_80);
  const auto wire = pair.protect(rtp(1));
  for (std::size_t at = 0; at < wire.size(); at += 5) {
    auto changed = wire;
    changed[at] ^= 0x10;
    CHECK(pair.unprotect(changed).empty());
  }
  for (std::size_t size = 0; size < wire.size(); size += 7) {
    CHECK(pair.unprotect({wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size)}).empty());
  }
  CHECK(pair.unprotect(rtp(2)).empty());
  CHECK(pair.unprotect(wire) == rtp(1));
}

TEST_CASE("sequence numbers wrap") {
  Pair pair(SrtpProfile::aead_aes_128_gcm);
  for (std::uint32_t sequence = 65'500; sequence < 65'600; ++sequence) {
    const auto packet = rtp(static_cast<std::uint16_t>(sequence));
    CHECK(pair.unprotect(pair.protect(packet)) == packet);
  }
}

TEST_CASE("a packet that is sent again is the same on the wire") {
  Pair pair(SrtpProfile::aes128_cm_sha1_80);
  CHECK(pair.protect(rtp(3)) == pair.protect(rtp(3)));
}

TEST_CASE("RTCP has its own way") {
  for (const auto profile : kProfiles) {
    Pair pair(profile);
    const std::vector<std::uint8_t> report = {0x80, 201, 0, 1, 0, 0, 0, 9};
    REQUIRE(is_rtcp(report));
    const auto wire = pair.protect(report);
    REQUIRE(wire.size() > report.size());
    CHECK(pair.unprotect(wire) == report);
    CHECK(pair.unprotect(wire).empty());
  }
}

TEST_CASE("what is no packet, or has no room to grow, is not protected") {
  Pair pair(SrtpProfile::aes128_cm_sha1_80);
  auto packet = rtp(1);
  CHECK(pair.out.protect(packet, packet.size()) == 0);
  packet.resize(500);
  CHECK(pair.out.protect(packet, 11) == 0);
  CHECK(pair.out.protect(packet, 0) == 0);
  CHECK_FALSE(is_rtcp(std::span<const std::uint8_t>()));
}

TEST_CASE("a key of another size is refused with both sizes") {
  const std::vector<std::uint8_t> short_key(29);
  CHECK_THROWS_WITH_AS(SrtpContext(SrtpProfile::aes128_cm_sha1_80, short_key, SrtpDirection::inbound),
                       "key has 29 bytes, allowed are 30", std::invalid_argument);
}
