#include "bench/mq/echo.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "bench/measure/process.hpp"
#include "bench/mq/load.hpp"

namespace bench {
namespace {

struct Connection {
  std::unique_ptr<std::byte[]> in = std::make_unique_for_overwrite<std::byte[]>(kReceiveSize);
  std::size_t received = 0;
};

void send_all(int fd, base::BytesView bytes) {
  // Blocking is fine: the load reads whatever it waits for.
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

class Echo {
 public:
  Echo(int listener, std::size_t answer_size)
      : listener_(listener), answer_size_(answer_size), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 128> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == listener_) {
          admit();
        } else if (!serve(fd)) {
          connections_.erase(fd);
          ::close(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void admit() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_[fd];
    watch(fd);
  }

  bool serve(int fd) {
    auto& connection = connections_[fd];
    auto* const in = connection.in.get();
    const auto count = ::recv(fd, in + connection.received, kReceiveSize - connection.received, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    connection.received += static_cast<std::size_t>(count);
    out_.clear();
    const auto done = each_frame(base::BytesView(in, connection.received), [this](base::BytesView frame) {
      if (answer_size_ != 0) answer(frame);
    });
    send_all(fd, answer_size_ == 0 ? base::BytesView(in, done) : base::BytesView(out_));
    connection.received -= done;
    std::memmove(in, in + done, connection.received);
    return true;
  }

  void answer(base::BytesView frame) {
    const auto start = out_.size();
    out_.resize(start + std::max(answer_size_, frame.size()));
    std::memcpy(out_.data() + start, frame.data(), frame.size());
    base::store_big(out_.data() + start, static_cast<std::int32_t>(out_.size() - start - 4));
  }

  int listener_;
  std::size_t answer_size_;
  int epoll_;
  std::map<int, Connection> connections_;
  base::Bytes out_;
};

[[noreturn]] void serve_forever(int listener, std::size_t answer_size, int core) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    if (core >= 0) run_on_core(core);
    Echo(listener, answer_size).run();
  } catch (const std::exception&) {
    ::_exit(1);  // the load sees its connections break and says so
  }
}

}  // namespace

EchoServer::EchoServer(std::size_t answer_size, int core) {
  const int listener = listen_on_free_port(port_);
  pid_ = ::fork();
  if (pid_ == 0) serve_forever(listener, answer_size, core);
  ::close(listener);
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
}

EchoServer::~EchoServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace bench
