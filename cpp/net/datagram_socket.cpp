#include "net/datagram_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace chime::net {
namespace {

// Datagrams for one sendmmsg; a key frame of 1 Mbit/s has about that many.
constexpr std::size_t kSendBatch = 32;

std::int64_t microseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

std::int64_t clock_us(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return microseconds(now);
}

// The kernel stamps by the clock of the day, which can be set: only how long ago it was is taken from it.
std::int64_t arrival_us(const msghdr& header, std::int64_t now_us, std::int64_t day_us) {
  for (const cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
       item = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(item))) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
    constexpr std::int64_t kLongestWait = 1'000'000;
    return now_us - std::clamp<std::int64_t>(day_us - microseconds(stamp), 0, kLongestWait);
  }
  return now_us;
}

}  // namespace

Address::Address(const std::string& host, std::uint16_t port) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage_);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage_);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    size_ = sizeof v4;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    size_ = sizeof v6;
  } else {
    throw std::invalid_argument("host is '" + host + "', allowed are IPv4 and IPv6 addresses in numbers");
  }
}

std::string Address::host() const {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(data(), size_, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text.data();
}

std::uint16_t Address::port() const {
  // Both families have the port at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

DatagramSocket::DatagramSocket(int descriptor) : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  const int on = 1;
  if (descriptor_.number() < 0 ||
      setsockopt(descriptor_.number(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) {
    throw std::system_error(errno, std::generic_category(), "descriptor " + std::to_string(descriptor));
  }
}

std::size_t DatagramSocket::send(std::span<const std::span<const std::uint8_t>> datagrams,
                                 const Address& to) {
  std::array<iovec, kSendBatch> parts;
  std::array<mmsghdr, kSendBatch> headers;
  std::size_t sent = 0;
  while (sent < datagrams.size()) {
    const std::size_t count = std::min(datagrams.size() - sent, kSendBatch);
    for (std::size_t index = 0; index < count; ++index) {
      const auto& datagram = datagrams[sent + index];
      parts[index] = {const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
      headers[index] = {};
      headers[index].msg_hdr.msg_name = const_cast<sockaddr*>(to.data());
      headers[index].msg_hdr.msg_namelen = to.size();
      headers[index].msg_hdr.msg_iov = &parts[index];
      headers[index].msg_hdr.msg_iovlen = 1;
    }
    const int taken =
        sendmmsg(descriptor(), headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken <= 0) break;
    sent += static_cast<std::size_t>(taken);
  }
  return sent;
}

std::span<DatagramSocket::Datagram> ReceiveBuffer::receive(DatagramSocket& socket) {
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> headers;
  for (std::size_t index = 0; index < kBatch; ++index) {
    parts[index] = {data_[index], sizeof data_[index]};
    headers[index] = {};
    headers[index].msg_hdr.msg_name = &from_[index];
    headers[index].msg_hdr.msg_namelen = sizeof from_[index];
    headers[index].msg_hdr.msg_iov = &parts[index];
    headers[index].msg_hdr.msg_iovlen = 1;
    headers[index].msg_hdr.msg_control = control_[index];
    headers[index].msg_hdr.msg_controllen = sizeof control_[index];
  }
  const int received = recvmmsg(socket.descriptor(), headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  more_ = received == static_cast<int>(kBatch);
  const std::int64_t now_us = clock_us(CLOCK_MONOTONIC);
  const std::int64_t day_us = clock_us(CLOCK_REALTIME);
  std::size_t kept = 0;
  oversized_ = 0;
  for (std::size_t index = 0; index < static_cast<std::size_t>(std::max(received, 0)); ++index) {
    const msghdr& header = headers[index].msg_hdr;
    if (headers[index].msg_len > kMaxDatagram || (header.msg_flags & MSG_TRUNC) != 0) {
      ++oversized_;
      continue;
    }
    datagrams_[kept++] = {std::span(data_[index], headers[index].msg_len),
                          Address(from_[index], header.msg_namelen), arrival_us(header, now_us, day_us)};
  }
  return std::span(datagrams_, kept);
}

}  // namespace chime::net
