// The media of one ICE and DTLS connection after its handshake: SRTP over the sockets that ICE has opened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/datagram_socket.hpp"
#include "net/srtp.hpp"

namespace chime::net {

struct MediaPathStats {
  std::uint64_t packets_sent = 0;
  std::uint64_t bytes_sent = 0;  // of packets before encryption, without headers of UDP and IP
  std::uint64_t packets_discarded_on_send = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t datagrams_oversized = 0;  // came, and were too long to be of ours
  std::uint64_t packets_rejected = 0;     // came, and were forged, damaged, repeated or too old
};

class MediaPath {
 public:
  // Keys as of SrtpContext.
  MediaPath(SrtpProfile profile, std::span<const std::uint8_t> receive_key,
            std::span<const std::uint8_t> send_key);

  // Takes a socket to receive from; its index.
  std::size_t add_socket(int descriptor);
  [[nodiscard]] std::size_t sockets() const { return sockets_.size(); }
  DatagramSocket& socket(std::size_t index) { return sockets_[index]; }

  // From now on packets go through that socket to that address. Throws std::out_of_range.
  void select(std::size_t socket, const Address& remote);

  // Lets the sockets go, after MediaPoller::remove(); what is sent from now on is counted as discarded.
  void close();

  // Encrypts RTP or RTCP packets and sends them without waiting. What cannot go is counted: before select(),
  // longer than a datagram, or more than the kernel takes.
  void send(std::span<const std::span<const std::uint8_t>> packets);

  // In place, as of SrtpContext; for packets that come and go another way (TURN).
  std::size_t protect(std::span<std::uint8_t> buffer, std::size_t size) { return out_.protect(buffer, size); }
  std::size_t unprotect(std::span<std::uint8_t> packet);

  void count_oversized(std::size_t datagrams) { stats_.datagrams_oversized += datagrams; }

  [[nodiscard]] const MediaPathStats& stats() const { return stats_; }

 private:
  static constexpr std::size_t kBatch = 32;
  struct alignas(8) Slot {
    std::array<std::uint8_t, kMaxDatagram + SrtpContext::kMaxGrowth> bytes;
  };

  void send_batch(std::span<const std::span<const std::uint8_t>> packets);

  SrtpContext in_;
  SrtpContext out_;
  std::vector<DatagramSocket> sockets_;
  std::size_t selected_ = 0;
  Address remote_;
  MediaPathStats stats_;
};

}  // namespace chime::net
