#pragma once
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

namespace mq::net {

// When in a pass a hook runs: what arrived, what to do about it, what leaves.
enum class HookOrder : std::uint8_t { input, work, output };

// The hot thread's main loop: run what is ready, then one pass of hooks: input (sockets are read, requests
// handled), work (group commit), output (answers leave). Asio has no end-of-pass hook, and group commit wants
// exactly that: everything that arrived together is written together and answered together.
//
// Invariant: a pass is short whatever is waiting: handlers beyond a bound wait for the next one.
// Thread rule: one thread, but stop() from any.
class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  // Runs in each pass, in the order of `order`, then in the order added. A hook that left work for the next
  // pass returns true, and the loop does not sleep.
  using Hook = std::function<bool()>;
  void add_hook(Hook hook, HookOrder order = HookOrder::work);

  // While traffic flows, looks for more for so long before it sleeps: latency for a burnt core. 0 (off) is
  // right where cores are shared.
  void set_spin_max(std::chrono::microseconds spin) { spin_max_ = spin; }

  void run();   // until stop()
  void stop();  // for good

  // Longest single pass since the last call: the metric hot_loop_stall_seconds. Asio does not say when a
  // sleep ended, so of the one handler that ends it only processor time counts, and not in the lulls of
  // traffic.
  std::chrono::nanoseconds take_longest_pass();

 private:
  using Clock = std::chrono::steady_clock;

  bool run_handlers(Clock::time_point pass_began);
  bool run_hooks();
  [[nodiscard]] bool may_spin(Clock::time_point now) const;
  void note_traffic(Clock::time_point now);
  void sleep(Clock::time_point now);

  boost::asio::io_context context_{1};
  std::array<std::vector<Hook>, 3> hooks_;  // by order
  std::atomic<bool> stopping_{false};
  std::chrono::nanoseconds longest_pass_{0};
  std::chrono::microseconds spin_max_{0};
  Clock::time_point last_traffic_;
  std::chrono::nanoseconds mean_gap_{std::chrono::seconds(1)};  // between passes with something to do
};

}  // namespace mq::net
