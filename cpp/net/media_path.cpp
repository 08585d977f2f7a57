#include "net/media_path.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace chime::net {

MediaPath::MediaPath(SrtpProfile profile, std::span<const std::uint8_t> receive_key,
                     std::span<const std::uint8_t> send_key)
    : in_(profile, receive_key, SrtpDirection::inbound), out_(profile, send_key, SrtpDirection::outbound) {}

std::size_t MediaPath::add_socket(int descriptor) {
  sockets_.emplace_back(descriptor);
  return sockets_.size() - 1;
}

void MediaPath::select(std::size_t socket, const Address& remote) {
  if (socket >= sockets_.size()) {
    throw std::out_of_range("socket is " + std::to_string(socket) + ", there are " +
                            std::to_string(sockets_.size()));
  }
  selected_ = socket;
  remote_ = remote;
}

void MediaPath::close() {
  sockets_.clear();
  remote_ = {};
}

void MediaPath::send(std::span<const std::span<const std::uint8_t>> packets) {
  while (!packets.empty()) {
    const std::size_t count = std::min(packets.size(), kBatch);
    send_batch(packets.first(count));
    packets = packets.subspan(count);
  }
}

void MediaPath::send_batch(std::span<const std::span<const std::uint8_t>> packets) {
  // One for each thread that sends, not for each of hundreds of paths.
  thread_local std::array<Slot, kBatch> slots;
  std::array<std::span<const std::uint8_t>, kBatch> datagrams;
  std::array<std::size_t, kBatch> sizes;
  std::size_t ready = 0;
  for (const auto packet : packets) {
    auto& bytes = slots[ready].bytes;
    if (remote_.size() == 0 || packet.size() > kMaxDatagram) continue;
    std::copy(packet.begin(), packet.end(), bytes.begin());
    const std::size_t size = out_.protect(bytes, packet.size());
    if (size == 0) continue;
    sizes[ready] = packet.size();
    datagrams[ready++] = std::span(bytes).first(size);
  }
  const std::size_t sent =
      ready == 0 ? 0 : sockets_[selected_].send(std::span(datagrams).first(ready), remote_);
  stats_.packets_sent += sent;
  for (std::size_t index = 0; index < sent; ++index) stats_.bytes_sent += sizes[index];
  stats_.packets_discarded_on_send += packets.size() - sent;
}

std::size_t MediaPath::unprotect(std::span<std::uint8_t> packet) {
  const std::size_t size = in_.unprotect(packet);
  if (size == 0) {
    ++stats_.packets_rejected;
  } else {
    ++stats_.packets_received;
    stats_.bytes_received += size;
  }
  return size;
}

}  // namespace chime::net
