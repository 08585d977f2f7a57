#include "net/media_poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace chime::net {
namespace {

constexpr int kEvents = 64;

}  // namespace

MediaPoller::MediaPoller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.number() < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  ready_.reserve(kEvents);
}

std::uint32_t MediaPoller::add(std::shared_ptr<MediaPath> path) {
  const std::uint32_t number = next_++;
  for (std::size_t index = 0; index < path->sockets(); ++index) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = std::uint64_t{number} << 32 | index;
    if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, path->socket(index).descriptor(), &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }
  paths_.emplace(number, std::move(path));
  return number;
}

void MediaPoller::remove(std::uint32_t path) {
  const auto found = paths_.find(path);
  if (found == paths_.end()) return;
  // Others hold the sockets open, too, so that closing ours would not be enough.
  for (std::size_t index = 0; index < found->second->sockets(); ++index) {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, found->second->socket(index).descriptor(), nullptr);
  }
  paths_.erase(found);
}

std::span<const MediaPoller::Ready> MediaPoller::wait() {
  std::array<epoll_event, kEvents> events;
  const int count = epoll_wait(epoll_.number(), events.data(), kEvents, 0);
  ready_.clear();
  for (int index = 0; index < count; ++index) {
    const std::uint64_t data = events[static_cast<std::size_t>(index)].data.u64;
    ready_.push_back({static_cast<std::uint32_t>(data >> 32), static_cast<std::uint32_t>(data)});
  }
  return ready_;
}

}  // namespace chime::net
