#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "mq/base/bytes.hpp"
#include "mq/load/sockets.hpp"

namespace mq::load {

// One non-blocking connection with what has come of it and what is to go out.
class Connection {
 public:
  explicit Connection(const Endpoint& server);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] base::Bytes& out() { return out_; }

  // Reads once, and gives everything unused to `take`, which returns how much of its front it used. Throws
  // std::runtime_error when the connection was closed.
  void receive(const std::function<std::size_t(base::BytesView)>& take);
  // Writes once. True when whether the socket takes more has changed: see blocked().
  bool flush();
  [[nodiscard]] bool blocked() const { return blocked_; }

 private:
  int fd_;
  std::unique_ptr<std::byte[]> in_;  // front of the frames that have not come whole
  std::size_t received_ = 0;
  base::Bytes out_;
  bool blocked_ = false;
};

}  // namespace mq::load
