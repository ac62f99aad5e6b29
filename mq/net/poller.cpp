#include "mq/net/poller.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "mq/base/assert.hpp"

namespace mq::net {
namespace {

epoll_event make_event(std::uint64_t token, std::uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = token;
  return event;
}

}  // namespace

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
}
Poller::~Poller() { ::close(fd_); }

bool Poller::add(int socket, std::uint64_t token, std::uint32_t interest) {
  auto event = make_event(token, interest);
  return ::epoll_ctl(fd_, EPOLL_CTL_ADD, socket, &event) == 0;
}

void Poller::change(int socket, std::uint64_t token, std::uint32_t interest) {
  auto event = make_event(token, interest);
  BASE_ASSERT(::epoll_ctl(fd_, EPOLL_CTL_MOD, socket, &event) == 0, "the socket is in the set");
}

void Poller::remove(int socket) {
  BASE_ASSERT(::epoll_ctl(fd_, EPOLL_CTL_DEL, socket, nullptr) == 0, "the socket is in the set");
}

std::span<const epoll_event> Poller::poll() {
  const int count = ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), 0);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace mq::net
