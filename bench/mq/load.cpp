#include "bench/mq/load.hpp"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "bench/mq/sockets.hpp"

namespace bench {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr int kEventsMax = 128;

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

epoll_event event_for(std::size_t index, bool blocked) {
  epoll_event event{};
  event.events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = index;
  return event;
}

}  // namespace

Load::Load(std::uint16_t port, Shape shape, Traffic& traffic)
    : shape_(shape),
      traffic_(traffic),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(static_cast<std::size_t>(shape.connections)),
      asked_(static_cast<std::size_t>(shape.outstanding())) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i].fd = connect_to(port);
    traffic_.greet(i, connections_[i].fd);
    connections_[i].in = std::make_unique_for_overwrite<std::byte[]>(kReceiveSize);
    auto event = event_for(i, false);
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event);
  }
  for (std::int32_t opaque = 0; opaque < shape_.outstanding(); ++opaque) idle_.push_back(opaque);
}

Load::~Load() {
  for (const auto& connection : connections_) ::close(connection.fd);
  ::close(epoll_);
}

Slice Load::run_for(std::chrono::nanoseconds time) {
  asking_ = true;
  prime();
  return turn_until(Clock::now() + time);
}

Slice Load::finish() {
  asking_ = false;
  return turn_until(Clock::time_point::max());
}

void Load::prime() {
  const auto now = Clock::now();
  for (const auto opaque : std::exchange(idle_, {})) {
    ask(static_cast<std::size_t>(opaque / shape_.in_flight), opaque, now);
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) flush(i);
}

Slice Load::turn_until(Clock::time_point end) {
  Slice slice;
  const auto began = Clock::now();
  const auto cpu_began = cpu_seconds();
  std::array<epoll_event, kEventsMax> events{};
  auto last_answer = began;
  for (auto now = began; now < end && in_flight_ > 0; now = Clock::now()) {
    const auto left = std::min<std::chrono::nanoseconds>(end - now, std::chrono::seconds(1));
    const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, static_cast<int>(wait_ms));
    for (int i = 0; i < count; ++i) serve(events.at(static_cast<std::size_t>(i)), slice);
    if (count > 0) last_answer = now;
    if (now - last_answer > kPatience) throw std::runtime_error("no answer for 20 seconds");
  }
  slice.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  slice.load_cpu_seconds = cpu_seconds() - cpu_began;
  return slice;
}

void Load::serve(const epoll_event& event, Slice& slice) {
  const auto index = static_cast<std::size_t>(event.data.u64);
  if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(index, slice);
  flush(index);
}

void Load::receive(std::size_t index, Slice& slice) {
  auto& connection = connections_[index];
  const auto count = ::recv(connection.fd, connection.in.get() + connection.received,
                            kReceiveSize - connection.received, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) throw std::runtime_error("a connection was closed under load");
  connection.received += static_cast<std::size_t>(count);
  const auto now = Clock::now();
  const auto done =
      traffic_.answers(index, base::BytesView(connection.in.get(), connection.received), slice.brought,
                       [&](std::int32_t opaque) { take(index, opaque, now, slice); });
  connection.received -= done;
  if (done > 0) std::memmove(connection.in.get(), connection.in.get() + done, connection.received);
}

void Load::take(std::size_t index, std::int32_t opaque, Clock::time_point now, Slice& slice) {
  if (opaque < 0 || opaque >= shape_.outstanding()) return;  // not to a request of ours
  slice.latency.add((now - asked_[static_cast<std::size_t>(opaque)]).count());
  --in_flight_;
  if (asking_) {
    ask(index, opaque, now);
  } else {
    idle_.push_back(opaque);
  }
}

void Load::ask(std::size_t index, std::int32_t opaque, Clock::time_point now) {
  if (!traffic_.request(index, opaque, connections_[index].out)) {
    idle_.push_back(opaque);
    return;
  }
  asked_[static_cast<std::size_t>(opaque)] = now;
  ++in_flight_;
}

void Load::flush(std::size_t index) {
  auto& connection = connections_[index];
  auto& out = connection.out;
  if (!out.empty()) {
    const auto sent = ::send(connection.fd, out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      throw std::runtime_error("a connection was closed under load");
    }
    out.erase(out.begin(), out.begin() + std::max<std::ptrdiff_t>(sent, 0));
  }
  const bool blocked = !out.empty();
  if (blocked == std::exchange(connection.blocked, blocked)) return;
  auto event = event_for(index, blocked);
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

}  // namespace bench
