#include "mq/load/sockets.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "mq/protocol/command.hpp"

namespace mq::load {
namespace {

constexpr int kBacklog = 1024;

int check(int outcome, const char* what) {
  if (outcome < 0) throw std::system_error(errno, std::generic_category(), what);
  return outcome;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Endpoint parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  Endpoint endpoint;
  if (colon == std::string::npos || colon == 0) throw std::runtime_error(text + " is no host:port");
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (read.ec != std::errc{} || read.ptr != end || endpoint.port == 0) {
    throw std::runtime_error(text + " is no host:port");
  }
  endpoint.host = text.substr(0, colon);
  return endpoint;
}

int connect_to(const Endpoint& server) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto port = std::to_string(server.port);
  if (const int error = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    throw std::runtime_error("there is no host " + server.host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);
  const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  if (::connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
    const int error = errno;
    ::close(fd);
    throw std::system_error(error, std::generic_category(), "connect to " + server.host + ":" + port);
  }
  const int on = 1;
  check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  return fd;
}

Socket::~Socket() { ::close(fd_); }

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("a server closed the connection");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_exactly(int fd, std::size_t count) {
  const timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text(count, '\0');
  for (std::size_t done = 0; done < count;) {
    const auto got = ::recv(fd, text.data() + done, count - done, 0);
    if (got <= 0) throw std::runtime_error("a server said nothing, or closed the connection");
    done += static_cast<std::size_t>(got);
  }
  return text;
}

std::string receive_until(int fd, std::string_view mark) {
  std::string text;
  while (!text.ends_with(mark)) text += receive_exactly(fd, 1);
  return text;
}

int listen_on_free_port(std::uint16_t& port) {
  const int fd = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  auto address = loopback(0);
  check(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(::listen(fd, kBacklog), "listen");
  socklen_t size = sizeof address;
  check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port = ntohs(address.sin_port);
  return fd;
}

std::size_t whole_frame(base::BytesView bytes) {
  const auto size = mq::protocol::frame_size(bytes);
  if (!size || (*size && **size > kReceiveSize)) throw std::runtime_error("a frame of an impossible length");
  return *size && **size <= bytes.size() ? **size : 0;
}

}  // namespace mq::load
