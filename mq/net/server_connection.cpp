#include "mq/net/server_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mq::net {
namespace {
constexpr std::size_t kKeptCapacityMax = std::size_t{256} << 10;
constexpr std::size_t kFirstCapacity = 4096;
constexpr std::size_t kSealedPart = std::size_t{256} << 10;  // a tenth of a millisecond with AES in hardware
}  // namespace

ServerConnection::~ServerConnection() { close_socket(); }

void ServerConnection::close_socket() {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

std::optional<std::size_t> ServerConnection::give(base::BytesView bytes, Clock::time_point now) {
  ssize_t count = 0;
  do {
    count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return std::nullopt;
  if (count <= 0) return 0;
  active = progress = now;
  written += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

ServerConnection::Sent ServerConnection::send_once(Clock::time_point now) {
  if (tls) return send_sealed(now);
  const auto count = give(base::BytesView(out).subspan(sent), now);
  if (!count) return Sent::broken;
  sent += *count;
  forget_sent();
  return unsent() == 0 ? Sent::all : Sent::some;
}

ServerConnection::Sent ServerConnection::send_sealed(Clock::time_point now) {
  auto& wire = tls->wire();
  if (wire.empty() && sent < out.size()) {
    const auto part = std::min(kSealedPart, out.size() - sent);
    if (!tls->seal(base::BytesView(out).subspan(sent, part))) return Sent::broken;
    sent += part;
    forget_sent();
  }
  const auto count = give(base::BytesView(wire).subspan(wire_sent), now);
  if (!count) return Sent::broken;
  wire_sent += *count;
  if (wire_sent == wire.size()) {
    wire.clear();
    wire_sent = 0;
    if (wire.capacity() > kKeptCapacityMax * 2) wire = base::Bytes();
  }
  return unsent() == 0 ? Sent::all : Sent::some;
}

void ServerConnection::forget_sent() {
  if (sent == out.size()) {
    out.clear();
    sent = 0;
    if (out.capacity() > kKeptCapacityMax) out = base::Bytes();
  } else if (sent > out.size() / 2) {
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(sent));
    sent = 0;
  }
}

void ServerConnection::send_last(Clock::time_point now) {
  if (unsent() > 0 && send_once(now) != Sent::all) return;
  if (!tls) return;
  tls->say_goodbye();
  if (unsent() > 0) send_once(now);
}

void ServerConnection::make_room(std::size_t size) {
  if (out.capacity() - out.size() >= size) return;
  out.reserve(std::max({out.capacity() * 2, out.size() + size, kFirstCapacity}));
}

void ServerConnection::release_idle_memory() {
  if (in.empty()) in = base::Bytes();
  if (out.empty()) out = base::Bytes();
  if (tls && tls->wire().empty()) tls->wire() = base::Bytes();
}

}  // namespace mq::net
