#include "net/media_poller.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/allocation_counter.hpp"

using namespace chime::net;

namespace {

using Packet = std::vector<std::uint8_t>;

// A bound socket on the loopback interface, as ICE would open it.
struct Bound {
  Bound() : socket(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }

  void send(const Packet& data, std::uint16_t to) const {
    const Address remote("127.0.0.1", to);
    REQUIRE(sendto(socket.number(), data.data(), data.size(), 0, remote.data(), remote.size()) ==
            static_cast<ssize_t>(data.size()));
  }

  Descriptor socket;
  std::uint16_t port = 0;
};

Packet key(std::uint8_t first) {
  Packet bytes(30);
  std::iota(bytes.begin(), bytes.end(), first);
  return bytes;
}

Packet rtp(std::uint16_t sequence, std::size_t size = 100) {
  Packet packet(size, 0x33);
  packet[0] = 0x80;
  packet[1] = 111;
  packet[2] = static_cast<std::uint8_t>(sequence >> 8);
  packet[3] = static_cast<std::uint8_t>(sequence);
  return packet;
}

// Two paths that talk to each other, and a poller for both.
struct Call {
  Call() {
    for (auto& path : {a, b}) path->add_socket(path == a ? at_a.socket.number() : at_b.socket.number());
    a->select(0, Address("127.0.0.1", at_b.port));
    b->select(0, Address("127.0.0.1", at_a.port));
    number_a = poller.add(a);
    number_b = poller.add(b);
  }

  static void send(MediaPath& path, const std::vector<Packet>& packets) {
    std::vector<std::span<const std::uint8_t>> spans(packets.begin(), packets.end());
    path.send(spans);
  }

  // Waits until the poller has something, then takes all of it.
  struct Item {
    std::uint32_t path;
    Received::Kind kind;
    Packet data;
    std::int64_t arrival_us;
    std::uint16_t port;
  };
  std::vector<Item> take() {
    pollfd ready{poller.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 10'000) == 1);
    std::vector<Item> items;
    poller.poll([&](const Received& item) {
      items.push_back({item.path, item.kind, Packet(item.data.begin(), item.data.end()), item.arrival_us,
                       item.from.port()});
    });
    return items;
  }

  Bound at_a, at_b;
  std::shared_ptr<MediaPath> a = std::make_shared<MediaPath>(SrtpProfile::aes128_cm_sha1_80, key(1), key(90));
  std::shared_ptr<MediaPath> b = std::make_shared<MediaPath>(SrtpProfile::aes128_cm_sha1_80, key(90), key(1));
  MediaPoller poller;
  std::uint32_t number_a = 0, number_b = 0;
};

}  // namespace

TEST_CASE("packets go from path to path, in order, in one batch") {
  Call call;
  std::vector<Packet> packets;
  for (std::uint16_t n = 0; n < 40; ++n) packets.push_back(rtp(n));
  packets.push_back({0x80, 200, 0, 1, 0, 0, 0, 9});
  Call::send(*call.a, packets);
  const auto items = call.take();
  REQUIRE(items.size() == packets.size());
  for (std::size_t n = 0; n < items.size(); ++n) {
    CHECK(items[n].path == call.number_b);
    CHECK(items[n].data == packets[n]);
    CHECK(items[n].port == call.at_a.port);
    CHECK(items[n].kind == (n < 40 ? Received::Kind::rtp : Received::Kind::rtcp));
    if (n > 0) CHECK(items[n].arrival_us >= items[n - 1].arrival_us - 1000);
  }
  CHECK(call.a->stats().packets_sent == packets.size());
  CHECK(call.b->stats().packets_received == packets.size());
  CHECK(call.a->stats().bytes_sent == call.b->stats().bytes_received);
}

TEST_CASE("STUN and DTLS come as they are, forged media does not come at all") {
  Call call;
  const Packet stun = {0x00, 0x01, 0x00, 0x00};
  const Packet dtls(kMaxDatagram, 0x16);
  call.at_a.send(rtp(1), call.at_b.port);
  call.at_a.send(Packet(kMaxDatagram + 1, 0x16), call.at_b.port);
  call.at_a.send(stun, call.at_b.port);
  call.at_a.send({}, call.at_b.port);
  call.at_a.send(dtls, call.at_b.port);
  std::vector<Call::Item> items;
  while (items.size() < 3) {
    for (auto& item : call.take()) items.push_back(item);
  }
  CHECK(items[0].data == stun);
  CHECK(items[1].data.empty());
  CHECK(items[2].data == dtls);
  for (const auto& item : items) CHECK(item.kind == Received::Kind::other);
  CHECK(call.b->stats().packets_rejected == 1);
  CHECK(call.b->stats().packets_received == 0);
  CHECK(call.b->stats().datagrams_oversized == 1);
}

TEST_CASE("a path that was removed is not read any more, and its socket is still its owner's") {
  Call call;
  call.poller.remove(call.number_b);
  call.poller.remove(call.number_b);
  Call::send(*call.a, {rtp(1)});
  Call::send(*call.b, {rtp(1)});
  const auto items = call.take();
  REQUIRE(items.size() == 1);
  CHECK(items[0].path == call.number_a);
  Packet buffer(2000);
  CHECK(recv(call.at_b.socket.number(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 100);
}

TEST_CASE("what cannot be sent is counted") {
  Call call;
  auto unselected = MediaPath(SrtpProfile::aes128_cm_sha1_80, key(1), key(90));
  Call::send(unselected, {rtp(1), rtp(2)});
  CHECK(unselected.stats().packets_discarded_on_send == 2);
  Call::send(*call.a, {rtp(1, kMaxDatagram + 1), Packet{0x80}, rtp(2)});
  CHECK(call.a->stats().packets_discarded_on_send == 2);
  CHECK(call.a->stats().packets_sent == 1);
  call.poller.remove(call.number_a);
  call.a->close();
  Call::send(*call.a, {rtp(3)});
  CHECK(call.a->stats().packets_discarded_on_send == 3);
}

TEST_CASE("a path changes its socket and the other's address") {
  Call call;
  const Bound third;
  CHECK_THROWS_AS(call.a->select(1, Address("127.0.0.1", third.port)), std::out_of_range);
  call.a->select(0, Address("127.0.0.1", third.port));
  Call::send(*call.a, {rtp(1)});
  Packet buffer(2000);
  CHECK(recv(third.socket.number(), buffer.data(), buffer.size(), 0) > 100);
  CHECK_THROWS_WITH_AS(Address("example.org", 1),
                       "host is 'example.org', allowed are IPv4 and IPv6 addresses in numbers",
                       std::invalid_argument);
  CHECK(Address("::1", 7).host() == "::1");
  CHECK(Address("::1", 7).port() == 7);
}

TEST_CASE("what is no socket is refused") {
  CHECK_THROWS_AS(DatagramSocket{-1}, std::system_error);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const Descriptor in(ends[0]), out(ends[1]);
  CHECK_THROWS_AS(DatagramSocket{ends[0]}, std::system_error);
}

TEST_CASE("packets in and out allocate nothing") {
  Call call;
  std::vector<Packet> packets;
  for (std::uint16_t n = 0; n < 40; ++n) packets.push_back(rtp(n));
  const std::vector<std::span<const std::uint8_t>> all(packets.begin(), packets.end());
  const std::span<const std::span<const std::uint8_t>> spans = all;
  call.a->send(spans.first(20));
  call.take();
  std::size_t received = 0;
  const auto before = chime::tests::allocations();
  call.a->send(spans.last(20));
  pollfd ready{call.poller.descriptor(), POLLIN, 0};
  ::poll(&ready, 1, 10'000);
  call.poller.poll([&](const Received&) { ++received; });
  CHECK(chime::tests::allocations() == before);
  CHECK(received == 20);
}
