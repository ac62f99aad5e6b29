#include "mq/net/server_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mq::net {
namespace {
constexpr std::size_t kKeptCapacityMax = std::size_t{256} << 10;
constexpr std::size_t kFirstCapacity = 4096;
}  // namespace

ServerConnection::~ServerConnection() { close_socket(); }

void ServerConnection::close_socket() {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

ServerConnection::Sent ServerConnection::send_once(Clock::time_point now) {
  ssize_t count = 0;
  do {
    count = ::send(fd, out.data() + sent, unsent(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Sent::broken;
  if (count > 0) {
    sent += static_cast<std::size_t>(count);
    active = progress = now;
  }
  if (unsent() == 0) {
    out.clear();
    sent = 0;
    if (out.capacity() > kKeptCapacityMax) out = base::Bytes();
    return Sent::all;
  }
  if (sent > out.size() / 2) {
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(sent));
    sent = 0;
  }
  return Sent::some;
}

void ServerConnection::make_room(std::size_t size) {
  if (out.capacity() - out.size() >= size) return;
  out.reserve(std::max({out.capacity() * 2, out.size() + size, kFirstCapacity}));
}

void ServerConnection::release_idle_memory() {
  if (in.empty()) in = base::Bytes();
  if (out.empty()) out = base::Bytes();
}

}  // namespace mq::net
