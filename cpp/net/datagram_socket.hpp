// A UDP socket that somebody else has made and bound: many datagrams in and out for one system call.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace chime::net {

// An IPv4 or IPv6 address with a port.
class Address {
 public:
  Address() = default;
  // `host` in numbers, without a zone. Throws std::invalid_argument for anything else.
  Address(const std::string& host, std::uint16_t port);
  Address(const sockaddr_storage& storage, socklen_t size) : storage_(storage), size_(size) {}

  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// Bytes that a datagram may have: below the Ethernet MTU, as SRTP's packets are, trailer included.
inline constexpr std::size_t kMaxDatagram = 1500;

class DatagramSocket {
 public:
  struct Datagram {
    std::span<std::uint8_t> data;  // valid until the next receive()
    Address from;
    std::int64_t arrival_us;  // when the kernel had it, by CLOCK_MONOTONIC
  };

  // Holds the socket open by a descriptor of its own. Throws std::system_error for what is no socket.
  explicit DatagramSocket(int descriptor);

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }

  // Sends the datagrams in their order without waiting; how many the kernel took.
  std::size_t send(std::span<const std::span<const std::uint8_t>> datagrams, const Address& to);

 private:
  Descriptor descriptor_;
};

// Memory to receive into, shared by all sockets of a thread.
class ReceiveBuffer {
 public:
  static constexpr std::size_t kBatch = 32;

  // What waits in the socket, up to kBatch datagrams; longer ones than kMaxDatagram are left out. Never
  // waits.
  std::span<DatagramSocket::Datagram> receive(DatagramSocket& socket);

  // How many the last receive() left out.
  [[nodiscard]] std::size_t oversized() const { return oversized_; }
  // Whether the last receive() may have left datagrams behind.
  [[nodiscard]] bool more() const { return more_; }

 private:
  // SO_TIMESTAMPNS's message.
  static constexpr std::size_t kControl = CMSG_SPACE(sizeof(timespec));

  alignas(cmsghdr) std::uint8_t control_[kBatch][kControl];
  alignas(8) std::uint8_t data_[kBatch][kMaxDatagram + 4];
  sockaddr_storage from_[kBatch];
  DatagramSocket::Datagram datagrams_[kBatch];
  std::size_t oversized_ = 0;
  bool more_ = false;
};

}  // namespace chime::net
