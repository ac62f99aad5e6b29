#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "bench/mq/figures.hpp"
#include "bench/mq/options.hpp"

namespace bench {

// Delayed messages that become due evenly over some seconds: how late each is delivered, and that none is
// early. Beside it how late this machine itself wakes up from a sleep.
Figures measure_delays(const Options& options, const std::filesystem::path& folder);

// As many as one likes that are all due at the same moment: when the last one is delivered.
Figures measure_delay_burst(const Options& options, const std::filesystem::path& folder);

// For a comparison: sends so many with due times in [first, last] to any server of the remoting protocol and
// waits for them.
struct Delivered {
  std::uint64_t sent = 0, received = 0, early = 0;
  Histogram late;
  double last_after_due_seconds = 0;  // the last arrival after the last due time
  double send_seconds = 0;
  bool sent_in_time = false;  // all of them before the first was due: else the load decided, not the server
};
struct DelayPlan {
  std::string topic;
  std::uint64_t messages = 0;
  std::chrono::milliseconds lead{0};    // from now to the first due time
  std::chrono::milliseconds window{0};  // from the first due time to the last
  std::function<void()> all_sent{};     // called when all wait
};
Delivered deliver_delayed(const Endpoint& server, const DelayPlan& plan);

}  // namespace bench
