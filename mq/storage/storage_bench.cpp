// storage-bench append DIR [MESSAGES]   nanoseconds per 1 KiB message, one write pass per 64
// storage-bench recover DIR MESSAGES    time to open after a kill, at this backlog
// storage-bench queues DIR [QUEUES [ROUNDS]]  what many queues cost beside one: appends, memory, checkpoints,
// restart
//
// DIR must be empty or missing; what is measured is printed, never asserted.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/storage/storage_bench.hpp"

namespace mq::storage {
namespace {

void print(const char* what, std::vector<double>& ns) {
  std::ranges::sort(ns);
  std::printf("append, %s: median %.0f ns, best %.0f, worst %.0f per message of 1 KiB (%zu rounds)\n", what,
              ns[ns.size() / 2], ns.front(), ns.back(), ns.size());
}

void bench_append(const std::string& path, int messages) {
  auto store = open(path);
  run_janitor(*store);
  const Message message;
  std::vector<double> per_message;
  double slowest_pass = 0;
  std::vector<double> cpu_per_message;
  constexpr int kRoundPasses = 1024;
  double wall = 0;
  double cpu = 0;
  for (int i = 0; i < messages; i += kPassMessages) {
    const auto started = Clock::now();
    const auto cpu_started = cpu_ns();
    for (int n = 0; n < kPassMessages; ++n) {
      if (store->append(message.record(n), i).refused != Refused::none) give_up("append refused");
    }
    if (!store->write_pass()) give_up("write failed");
    cpu += cpu_ns() - cpu_started;
    const auto pass = ns_since(started);
    store->assume_durable();
    slowest_pass = std::max(slowest_pass, pass);
    wall += pass;
    if ((i / kPassMessages + 1) % kRoundPasses != 0) continue;
    per_message.push_back(std::exchange(wall, 0) / (kRoundPasses * kPassMessages));
    cpu_per_message.push_back(std::exchange(cpu, 0) / (kRoundPasses * kPassMessages));
    sync(*store);
    run_janitor(*store);
  }
  if (per_message.empty()) give_up("too few messages to say anything: take 100000 or more");
  print("wall clock", per_message);
  print("processor ", cpu_per_message);
  std::printf("slowest pass %.0f us\n", slowest_pass / 1000);
  const auto stats = store->stats();
  std::printf("segments %llu, reserve ready %llu, reserve used up %llu times\n",
              static_cast<unsigned long long>(stats.segments),
              static_cast<unsigned long long>(stats.reserve_ready),
              static_cast<unsigned long long>(stats.reserve_used_up));
}

void bench_recover(const std::string& path, int messages) {
  {
    const auto started = Clock::now();
    auto store = open(path);
    std::printf("empty directory ready in %.1f ms\n", ns_since(started) / 1e6);
    const Message message;
    for (int i = 0; i < messages; ++i) {
      if (store->append(message.record(i), i).refused != Refused::none) give_up("append refused");
      if (i % 1000 != 999 && i + 1 != messages) continue;
      if (!store->write_pass()) give_up("write failed");
      sync(*store);
      run_janitor(*store);
    }
    // No close(): the process ends here as far as the directory knows.
  }
  for (const auto* const after : {"a kill", "a close"}) {
    const auto started = Clock::now();
    const auto store = open(path);
    std::printf("%d messages: open after %s took %.1f ms and read %llu entries\n", messages, after,
                ns_since(started) / 1e6, static_cast<unsigned long long>(store->stats().recovered_entries));
    if (!store->close()) give_up("close failed");
  }
}

}  // namespace
}  // namespace mq::storage

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what == "append") {
    mq::storage::bench_append(argv[2], argc > 3 ? std::atoi(argv[3]) : 1'000'000);
  } else if (what == "recover" && argc > 3) {
    mq::storage::bench_recover(argv[2], std::atoi(argv[3]));
  } else if (what == "queues") {
    mq::storage::bench_queues(argv[2], argc > 3 ? std::max(std::atoi(argv[3]), 1) : 10'000,
                              argc > 4 ? std::max(std::atoi(argv[4]), 1) : 15);
  } else if (what == "timers") {
    mq::storage::bench_timers(argv[2], argc > 3 ? std::max(std::atoi(argv[3]), 1) : 1'000'000);
  } else {
    std::fprintf(stderr,
                 "usage: storage-bench append DIR [MESSAGES] | recover DIR MESSAGES | queues DIR [QUEUES] | "
                 "timers DIR [COUNT]\n");
    return 2;
  }
  return 0;
}
