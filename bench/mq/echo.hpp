#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace bench {

// The least that any server does: frames come, frames of the same number go back. A process of its own, with
// one thread, epoll, one read and one write a connection and turn: what TCP alone costs on this machine now.
class EchoServer {
 public:
  // Answers have `answer_size` bytes, but not fewer than a frame's header; 0: the request comes back.
  EchoServer(std::size_t answer_size, int core);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace bench
