#include "mq/load/load.hpp"

#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "mq/load/stamps.hpp"

namespace mq::load {
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

std::int64_t count_of(std::chrono::steady_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

Load::Load(const Endpoint& server, Shape shape, Traffic& traffic)
    : shape_(shape),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      asked_(static_cast<std::size_t>(shape.outstanding())),
      stamp_of_zero_(now_ns() - count_of(Clock::now())) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  add(server, shape.connections, traffic, false);
  for (std::int32_t opaque = 0; opaque < shape_.outstanding(); ++opaque) idle_.push_back(opaque);
}

Load::~Load() { ::close(epoll_); }

void Load::add(const Endpoint& server, int connections, Traffic& traffic, bool follows) {
  for (int i = 0; i < connections; ++i) {
    lines_.push_back({Connection(server), &traffic, static_cast<std::size_t>(i), follows});
    traffic.greet(static_cast<std::size_t>(i), lines_.back().connection.fd());
    auto event = event_for(lines_.size() - 1, false);
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, lines_.back().connection.fd(), &event);
  }
}

void Load::follow(const Endpoint& server, int connections, Traffic& traffic) {
  add(server, connections, traffic, true);
}

void Load::pace(double requests_per_second) {
  interval_ = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / requests_per_second));
  ::prctl(PR_SET_TIMERSLACK, 1);  // else every wait is 50 us longer than it should be
}

Slice Load::run_for(std::chrono::nanoseconds time) {
  asking_ = true;
  if (std::exchange(rested_, false)) next_due_ = Clock::now();
  prime();
  return sure(turn_until(
      Clock::now() + time, [this] { return interval_.count() == 0 && in_flight_ == 0; }, kPatience));
}

Slice Load::finish() {
  asking_ = false;
  rested_ = true;
  return sure(turn_until(Clock::time_point::max(), [this] { return in_flight_ == 0; }, kPatience));
}

Slice Load::receive_until(const std::function<bool()>& enough, std::chrono::seconds patience) {
  asking_ = false;
  prime();
  return turn_until(Clock::time_point::max(), enough, patience);
}

void Load::prime() {
  for (std::size_t i = 0; i < lines_.size() && !following_; ++i) {
    if (lines_[i].follows) follow_on(i);
  }
  following_ = true;
  if (asking_ && interval_.count() == 0) {
    const auto now = Clock::now();
    auto idle = std::exchange(idle_, {});
    std::ranges::sort(idle);
    for (const auto opaque : idle) ask(static_cast<std::size_t>(opaque / shape_.in_flight), opaque, now);
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) flush(i);
}

// Of an open loop: all requests whose time has come.
void Load::release_due() {
  const auto now = Clock::now();
  while (next_due_ <= now && !idle_.empty()) {
    const auto opaque = idle_.front();
    idle_.pop_front();
    const auto index = static_cast<std::size_t>(opaque / shape_.in_flight);
    ask(index, opaque, next_due_);
    flush(index);
    next_due_ += interval_;
  }
}

Slice Load::turn_until(Clock::time_point end, const std::function<bool()>& enough,
                       std::chrono::seconds patience) {
  Slice slice;
  const auto began = Clock::now();
  const auto cpu_began = cpu_seconds();
  auto last_answer = began;
  gave_up_ = false;
  for (auto now = began; now < end && !enough(); now = Clock::now()) {
    if (asking_ && interval_.count() > 0) release_due();
    wait(end, slice);
    if (count_ > 0) last_answer = now;
    gave_up_ = now - last_answer > patience;
    if (gave_up_) break;
  }
  slice.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  slice.load_cpu_seconds = cpu_seconds() - cpu_began;
  return slice;
}

Slice Load::sure(Slice slice) const {
  if (gave_up_) throw std::runtime_error("no answer for 20 seconds");
  return slice;
}

void Load::wait(Clock::time_point end, Slice& slice) {
  std::array<epoll_event, kEventsMax> events{};
  auto until = std::min<Clock::time_point>(end, Clock::now() + std::chrono::seconds(1));
  if (asking_ && interval_.count() > 0 && !idle_.empty()) until = std::min(until, next_due_);
  const auto left = std::max<std::int64_t>(count_of(until) - count_of(Clock::now()), 0);
  const timespec patience{left / 1'000'000'000, left % 1'000'000'000};
  count_ = ::epoll_pwait2(epoll_, events.data(), kEventsMax, &patience, nullptr);
  for (int i = 0; i < count_; ++i) serve(events.at(static_cast<std::size_t>(i)), slice);
}

void Load::serve(const epoll_event& event, Slice& slice) {
  const auto index = static_cast<std::size_t>(event.data.u64);
  if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(index, slice);
  flush(index);
}

void Load::receive(std::size_t index, Slice& slice) {
  auto& line = lines_[index];
  line.connection.receive([&](base::BytesView bytes) {
    const auto now = Clock::now();
    auto& brought = line.follows ? slice.received : slice.brought;
    return line.traffic->answers(line.number, bytes, brought, [&](std::int32_t opaque) {
      line.follows ? follow_on(index) : take(index, opaque, now, slice);
    });
  });
}

void Load::take(std::size_t index, std::int32_t opaque, Clock::time_point now, Slice& slice) {
  if (opaque < 0 || opaque >= shape_.outstanding()) return;  // not to a request of ours
  const auto meant = asked_[static_cast<std::size_t>(opaque)];
  --in_flight_;
  if (lines_[index].traffic->goes_on(opaque)) return ask(index, opaque, meant);
  slice.latency.add((now - meant).count());
  if (asking_ && interval_.count() == 0) {
    ask(index, opaque, now);
  } else {
    idle_.push_back(opaque);
  }
}

void Load::ask(std::size_t index, std::int32_t opaque, Clock::time_point meant) {
  auto& line = lines_[index];
  if (!line.traffic->request({line.number, opaque, stamp(meant)}, line.connection.out())) {
    idle_.push_back(opaque);
    return;
  }
  asked_[static_cast<std::size_t>(opaque)] = meant;
  ++in_flight_;
}

void Load::follow_on(std::size_t index) {
  auto& line = lines_[index];
  line.traffic->request({line.number, 0, stamp(Clock::now())}, line.connection.out());
}

void Load::flush(std::size_t index) {
  auto& connection = lines_[index].connection;
  if (!connection.flush()) return;
  auto event = event_for(index, connection.blocked());
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event);
}

std::int64_t Load::stamp(Clock::time_point at) const { return stamp_of_zero_ + count_of(at); }

}  // namespace mq::load
