#include "mq/load/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mq::load {

Connection::Connection(const Endpoint& server)
    : fd_(connect_to(server)), in_(std::make_unique_for_overwrite<std::byte[]>(kReceiveSize)) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      in_(std::move(other.in_)),
      received_(other.received_),
      out_(std::move(other.out_)),
      blocked_(other.blocked_) {}

void Connection::receive(const std::function<std::size_t(base::BytesView)>& take) {
  const auto count = ::recv(fd_, in_.get() + received_, kReceiveSize - received_, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) throw std::runtime_error("the server closed a connection under load");
  received_ += static_cast<std::size_t>(count);
  const auto done = take(base::BytesView(in_.get(), received_));
  received_ -= done;
  if (done > 0) std::memmove(in_.get(), in_.get() + done, received_);
}

bool Connection::flush() {
  if (!out_.empty()) {
    const auto sent = ::send(fd_, out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      throw std::runtime_error("the server closed a connection under load");
    }
    out_.erase(out_.begin(), out_.begin() + std::max<std::ptrdiff_t>(sent, 0));
  }
  const bool blocked = !out_.empty();
  return blocked != std::exchange(blocked_, blocked);
}

}  // namespace mq::load
