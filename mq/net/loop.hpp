#pragma once
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <vector>

namespace mq::net {

// The hot thread's main loop: run what is ready, poll, then one pass of hooks. Asio has no
// end-of-pass hook, and group commit wants exactly that: everything that arrived together is
// written together and answered together.
//
// Thread rule: run() and add_hook() on one thread; stop() from any.
class Loop {
 public:
  boost::asio::io_context& context() { return context_; }

  // Runs after each pass, in the order added. A hook that left work for the next pass returns true,
  // and the loop does not sleep.
  using Hook = std::function<bool()>;
  void add_hook(Hook hook);

  void run();
  void stop();

  // Longest single pass since the last call: the metric hot_loop_stall_seconds.
  std::chrono::nanoseconds take_longest_pass();

 private:
  boost::asio::io_context context_{1};
  std::vector<Hook> hooks_;
  std::atomic<bool> stopping_{false};
  std::chrono::nanoseconds longest_pass_{0};
};

}  // namespace mq::net
