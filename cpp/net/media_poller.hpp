// Many media paths behind one descriptor that an event loop can wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "net/datagram_socket.hpp"
#include "net/media_path.hpp"

namespace chime::net {

// What came for a path.
struct Received {
  enum class Kind { rtp, rtcp, other };

  std::uint32_t path;
  std::uint32_t socket;
  Kind kind;
  std::int64_t arrival_us;  // when the kernel had it, by CLOCK_MONOTONIC
  Address from;
  std::span<const std::uint8_t> data;  // RTP and RTCP in the clear, anything else as it came
};

class MediaPoller {
 public:
  // Throws std::system_error when the kernel gives no epoll instance.
  MediaPoller();

  // Readable while something waits in a socket of a path.
  [[nodiscard]] int descriptor() const { return epoll_.number(); }

  // Takes a path with all its sockets, which must not change after that; the number that names it.
  // Throws std::system_error when the kernel refuses.
  std::uint32_t add(std::shared_ptr<MediaPath> path);
  void remove(std::uint32_t path);
  // Gives the descriptor back; nothing is read any more.
  void close() { epoll_ = Descriptor(-1); }

  // Reads what waits, decrypts it and hands it to `handle(const Received&)` in the order of arrival at each
  // socket, about kMaxDatagrams at most, so that a flood leaves time for others. What cannot be decrypted is
  // counted by its path.
  template <typename Handle>
  void poll(Handle handle) {
    for (std::size_t budget = kMaxDatagrams; budget > 0;) {
      const auto ready = wait();
      if (ready.empty()) return;
      for (const auto& item : ready) budget -= std::min(budget, drain(item, handle));
    }
  }

 private:
  static constexpr std::size_t kMaxDatagrams = 64;
  struct Ready {
    std::uint32_t path;
    std::uint32_t socket;
  };

  std::span<const Ready> wait();

  // Datagrams read.
  template <typename Handle>
  std::size_t drain(const Ready& item, Handle& handle) {
    const auto found = paths_.find(item.path);
    if (found == paths_.end()) return 1;
    const auto path = found->second;  // held: its owner may let it go while it is told
    std::size_t count = 1;
    bool more = true;
    while (more && count < kMaxDatagrams / 2 && item.socket < path->sockets()) {
      for (auto& datagram : buffer_->receive(path->socket(item.socket))) {
        ++count;
        deliver(*path, item, datagram, handle);
      }
      path->count_oversized(buffer_->oversized());
      more = buffer_->more();
    }
    return count;
  }

  template <typename Handle>
  static void deliver(MediaPath& path, const Ready& item, DatagramSocket::Datagram& datagram,
                      Handle& handle) {
    Received received{item.path,           item.socket,   Received::Kind::other,
                      datagram.arrival_us, datagram.from, datagram.data};
    // RTP's version (RFC 7983, section 7).
    if (!datagram.data.empty() && datagram.data[0] >> 6 == 2) {
      const bool rtcp = is_rtcp(datagram.data);
      const std::size_t size = path.unprotect(datagram.data);
      if (size == 0) return;
      received.kind = rtcp ? Received::Kind::rtcp : Received::Kind::rtp;
      received.data = datagram.data.first(size);
    }
    handle(received);
  }

  Descriptor epoll_;
  std::unordered_map<std::uint32_t, std::shared_ptr<MediaPath>> paths_;
  std::uint32_t next_ = 1;
  std::vector<Ready> ready_;
  std::unique_ptr<ReceiveBuffer> buffer_ = std::make_unique<ReceiveBuffer>();
};

}  // namespace chime::net
