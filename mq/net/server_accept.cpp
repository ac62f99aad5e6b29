#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "mq/base/log.hpp"
#include "mq/net/server_impl.hpp"

namespace mq::net {
namespace {

constexpr int kAcceptsPerEvent = 64;  // a flood of connections does not stop those that are there
// Without descriptors a connection stays in the backlog and the listener readable: asking at once would spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

// IPv4, also when mapped into IPv6; records know no other (rocketmq-wire.md 3.1).
Host host_of(const sockaddr_storage& address) {
  Host host;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(host.ip.data(), &v4.sin_addr, 4);
    host.port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    host.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) std::memcpy(host.ip.data(), &v6.sin6_addr.s6_addr[12], 4);
  }
  return host;
}

Host local_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return host_of(address);
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

std::uint16_t Server::Impl::listen(const std::string& ip, std::uint16_t port) {
  using boost::asio::ip::tcp;
  const tcp::endpoint endpoint(boost::asio::ip::make_address(ip), port);
  tcp::acceptor acceptor(loop_.context());
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen();
  acceptor.non_blocking(true);
  const auto bound = acceptor.local_endpoint().port();
  const int listener = acceptor.release();  // from here on the poller's, not Asio's
  const auto token = kListenerBit | static_cast<std::uint64_t>(listener);
  if (!poller_.add(listener, token, accepting_ ? Poller::kRead : 0)) {
    ::close(listener);
    throw boost::system::system_error(errno, boost::system::system_category(), "epoll_ctl");
  }
  listeners_.push_back(listener);
  return bound;
}

bool Server::Impl::is_listener(int fd) const { return std::ranges::find(listeners_, fd) != listeners_.end(); }

void Server::Impl::accept(int listener) {
  if (!is_listener(listener)) return;  // closed since the poller saw it
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int socket =
        ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (is_shortage(errno)) pause_accepting(errno);
      return;
    }
    if (stats_.connections >= options_.connections_max || stats_.buffered > options_.memory_max) {
      refuse(socket);
    } else {
      admit(socket, {{}, host_of(address), local_of(socket)});
    }
  }
}

void Server::Impl::admit(int socket, const Peer& peer) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto slot = free_slots_.back();
  const ConnectionKey key{++last_serial_ << kSlotBits | slot};
  if (!poller_.add(socket, key.value(), Poller::kRead)) return refuse(socket);
  free_slots_.pop_back();
  Peer named = peer;
  named.connection = key;
  slots_[slot] = std::make_unique<Connection>(socket, named, now_);
  slots_[slot]->interest = Poller::kRead;
  by_activity_.push_back(*slots_[slot]);
  if (tls_mode_ == TlsMode::enforcing) ungreeted_.push_back(*slots_[slot]);
  ++stats_.accepted;
  ++stats_.connections;
}

void Server::Impl::refuse(int socket) {
  ::close(socket);
  ++stats_.refused;
  if (!may_complain(Trouble::full)) return;
  base::log("net")->warn("connections refused open={} max={} buffered_bytes={} refused_total={}",
                         stats_.connections, options_.connections_max, stats_.buffered, stats_.refused);
}

void Server::Impl::pause_accepting(int why) {
  if (may_complain(Trouble::shortage)) base::log("net")->warn("accepting paused errno={}", why);
  for (const int listener : listeners_) {
    poller_.change(listener, kListenerBit | static_cast<std::uint64_t>(listener), 0);
  }
  accepting_ = false;
  accept_pause_.expires_after(kAcceptPause);
  accept_pause_.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto server = self.lock();
    if (server && !error) server->resume_accepting();
  });
}

void Server::Impl::resume_accepting() {
  for (const int listener : listeners_) {
    poller_.change(listener, kListenerBit | static_cast<std::uint64_t>(listener), Poller::kRead);
  }
  accepting_ = true;
}

void Server::Impl::stop_accepting() {
  accept_pause_.cancel();
  for (const int listener : listeners_) {
    poller_.remove(listener);
    ::close(listener);
  }
  listeners_.clear();
}

}  // namespace mq::net
