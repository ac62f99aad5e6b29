#include "mq/net/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <time.h>

#include <algorithm>
#include <utility>

namespace mq::net {
namespace asio = boost::asio;

namespace {

// Group commit wants large passes, everything else short ones: no task may hold the thread above a
// millisecond.
constexpr int kHandlersMax = 256;
constexpr std::chrono::microseconds kHandlersBudget{300};
// Spinning pays while the next arrival is likelier than not to come within the spin.
constexpr int kGapsPerSpin = 2;

// Reading the processor's time is a system call: too much between two bursts of traffic.
constexpr std::chrono::milliseconds kShortSleep{1};

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

void Loop::add_hook(Hook hook, HookOrder order) {
  hooks_[static_cast<std::size_t>(order)].push_back(std::move(hook));
}

void Loop::run() {
  const auto work = asio::make_work_guard(context_);
  while (!stopping_.load(std::memory_order_acquire)) {
    const auto began = Clock::now();
    const bool handled = run_handlers(began);
    const bool more = run_hooks();
    const auto ended = Clock::now();
    longest_pass_ = std::max<std::chrono::nanoseconds>(longest_pass_, ended - began);
    if (handled || more) {
      note_traffic(ended);
    } else if (!may_spin(ended)) {
      sleep(ended);
    }
  }
}

bool Loop::run_handlers(Clock::time_point pass_began) {
  int count = 0;
  while (count < kHandlersMax && context_.poll_one() > 0) {
    ++count;
    if (count % 8 == 0 && Clock::now() - pass_began > kHandlersBudget) break;
  }
  return count > 0;
}

bool Loop::run_hooks() {
  bool more = false;
  for (const auto& hooks : hooks_) {
    for (const auto& hook : hooks) more |= hook();
  }
  return more;
}

bool Loop::may_spin(Clock::time_point now) const {
  return mean_gap_ < spin_max_ * kGapsPerSpin && now - last_traffic_ < spin_max_;
}

void Loop::note_traffic(Clock::time_point now) {
  const auto gap = std::min<std::chrono::nanoseconds>(now - last_traffic_, std::chrono::seconds(1));
  mean_gap_ = (mean_gap_ * 7 + gap) / 8;
  last_traffic_ = now;
}

void Loop::sleep(Clock::time_point now) {
  if (now - last_traffic_ < kShortSleep) {
    context_.run_one();
    return;
  }
  const auto before = processor_time();
  context_.run_one();
  longest_pass_ = std::max(longest_pass_, processor_time() - before);
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  asio::post(context_, [] {});  // ends a sleep
}

std::chrono::nanoseconds Loop::take_longest_pass() {
  return std::exchange(longest_pass_, std::chrono::nanoseconds{0});
}

}  // namespace mq::net
