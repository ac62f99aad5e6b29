#pragma once
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

namespace mq::net {

// A set of sockets of its own (level-triggered epoll). One descriptor stands for all of them in the main
// loop: an asynchronous wait per connection would cost a system call and an allocation for every burst it
// brings.
//
// Thread rule: one thread.
class Poller {
 public:
  static constexpr std::size_t kEventsMax = 128;
  static constexpr std::uint32_t kRead = EPOLLIN;
  static constexpr std::uint32_t kWrite = EPOLLOUT;

  Poller();  // throws std::system_error
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Readable while a socket of the set is ready.
  [[nodiscard]] int native_handle() const { return fd_; }

  // `token` comes back with the socket's events. False when the kernel refuses (out of memory or watches).
  [[nodiscard]] bool add(int socket, std::uint64_t token, std::uint32_t interest);
  void change(int socket, std::uint64_t token, std::uint32_t interest);
  void remove(int socket);

  // What is ready now, kEventsMax at most; never blocks. Valid until the next call.
  std::span<const epoll_event> poll();

 private:
  int fd_;
  std::array<epoll_event, kEventsMax> events_;
};

}  // namespace mq::net
