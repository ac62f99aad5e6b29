#pragma once
// What the parts of storage-bench share. What is measured is printed, never asserted.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "mq/model/properties.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::storage {

using Clock = std::chrono::steady_clock;
inline constexpr int kPassMessages = 64;

inline double ns_since(Clock::time_point start) {
  return static_cast<double>(std::chrono::nanoseconds(Clock::now() - start).count());
}

// On a shared machine the thread's own time says more than the wall clock.
inline double cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "storage-bench: %s\n", why.c_str());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

inline std::unique_ptr<MessageStore> open(const std::string& path) {
  std::string problem;
  auto store = MessageStore::open(open_posix_directory(path), {}, problem);
  if (!store) give_up(problem);
  return std::move(*store);
}

inline void run_janitor(MessageStore& store) {
  while (const auto job = store.take_janitor_job()) {
    const auto outcome = job->run();
    store.done(*job, outcome);
    if (!outcome) return;
  }
}

inline void sync(MessageStore& store) {
  const auto job = store.take_sync_job();
  if (!job) return;
  if (!job->run()) give_up("sync failed");
  store.synced(*job);
}

struct Message {
  std::string body = std::string(1024, 'x');
  std::string properties = [] {
    std::string text;
    set_property(text, property::kUniqueKey, "7F0000010007F2C0A8B50000");
    set_property(text, property::kKeys, "order-20240517-000001");
    set_property(text, property::kTags, "paid");
    set_property(text, property::kWait, "true");
    return text;
  }();
  [[nodiscard]] Record record(int number) const {
    Record record;
    record.topic = "order-events";
    record.queue = number % 8;
    record.body = base::bytes_of(body);
    record.properties = properties;
    return record;
  }
};

// storage_bench_size.cpp
void bench_queues(const std::string& path, int queues, int rounds);
void bench_timers(const std::string& path, int count);

}  // namespace mq::storage
