#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "mq/storage/storage_bench.hpp"

namespace mq::storage {
namespace {

// Queues of eight a topic, written to in turn, so that no two messages in a row meet the same topic.
struct QueueLoad {
  std::string path;
  std::vector<std::string> topics;
  int queues = 0;
  std::unique_ptr<MessageStore> store = {};
  int next = 0;
  double slowest_step_us = 0;
  std::vector<double> ns = {};  // per message, of each round

  explicit QueueLoad(std::string where, int count) : path(std::move(where)), queues(count) {
    for (int i = 0; i * 8 < count; ++i) topics.push_back("topic-" + std::to_string(100'000 + i));
    store = open(path);
  }
  template <class Step>
  void timed(Step step) {
    const auto started = cpu_ns();
    step();
    slowest_step_us = std::max(slowest_step_us, (cpu_ns() - started) / 1e3);
  }
  void round(const Message& message, int messages) {
    double cpu = 0;
    for (int i = 0; i < messages; ++i) {
      auto record = message.record(0);
      record.topic = topics[static_cast<std::size_t>(next) % topics.size()];
      record.queue = next / static_cast<int>(topics.size()) % std::min(queues, 8);
      next = (next + 1) % queues;
      const auto started = cpu_ns();
      if (store->append(record, i).refused != Refused::none) give_up("append refused");
      cpu += cpu_ns() - started;
      if (i % kPassMessages != kPassMessages - 1) continue;
      timed([this] {
        if (!store->write_pass()) give_up("write failed");
      });
      sync(*store);
      timed([this] { static_cast<void>(store->take_arrivals()); });
      std::shared_ptr<MessageStore::JanitorJob> job;
      timed([this, &job] { job = store->take_janitor_job(); });
      if (!job) continue;
      const auto outcome = job->run();
      timed([this, &job, &outcome] { store->done(*job, outcome); });
    }
    ns.push_back(cpu / messages);
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double largest_checkpoint_kb(const std::string& path) {
  std::uintmax_t largest = 0;
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    if (file.path().extension() == ".ckp") largest = std::max(largest, file.file_size());
  }
  return static_cast<double>(largest) / 1024;
}

}  // namespace

void bench_queues(const std::string& path, int queues, int rounds) {
  const Message message;
  const int per_round = std::max(20'000, queues);
  std::filesystem::create_directories(path);
  QueueLoad one(path + "/one", 1);
  const auto heap_before = ::mallinfo2().uordblks;
  QueueLoad many(path + "/many", queues);
  for (int i = 0; i < queues; ++i) {
    Record record;
    record.topic = many.topics[static_cast<std::size_t>(i / 8)];
    record.queue = i % 8;
    if (many.store->append(record, 0).refused != Refused::none) give_up("append refused");
    if (i % kPassMessages == 0 && !many.store->write_pass()) give_up("write failed");
  }
  if (!many.store->write_pass()) give_up("write failed");
  const auto heap = static_cast<double>(::mallinfo2().uordblks - heap_before);
  std::printf("%d queues with a message each: %.0f bytes of heap a queue\n", queues, heap / queues);
  // Side by side, round by round: whatever slows the machine slows both.
  for (int i = 0; i < rounds; ++i) {
    one.round(message, per_round);
    many.round(message, per_round);
  }
  std::printf(
      "append to one queue %.0f ns, to %d queues %.0f ns: %.2f times (processor, medians of %d rounds)\n",
      median(one.ns), queues, median(many.ns), median(many.ns) / median(one.ns), rounds);
  std::printf("longest step beside appends: %.0f us with one queue, %.0f us with %d\n", one.slowest_step_us,
              many.slowest_step_us, queues);
  std::printf("largest checkpoint: %.0f KiB with one queue, %.0f KiB with %d\n",
              largest_checkpoint_kb(one.path), largest_checkpoint_kb(many.path), queues);
  for (auto* load : {&one, &many}) {
    load->store.reset();  // no close: a kill
    const auto started = Clock::now();
    load->store = open(load->path);
    std::printf("%d queues: open after a kill took %.1f ms and read %llu entries\n", load->queues,
                ns_since(started) / 1e6,
                static_cast<unsigned long long>(load->store->stats().recovered_entries));
  }
}

namespace {

// Due in no order, thousands of them in each millisecond that has any.
std::int64_t due_of(int number, int count) { return std::int64_t{number} * 7919 % count / 500; }

void append_timers(MessageStore& store, const Message& message, int count) {
  for (int i = 0; i < count; ++i) {
    auto record = message.record(0);
    record.topic = "timers";
    if (store.append(record, 0, {.timer_due_ms = due_of(i, count)}).refused != Refused::none) {
      give_up("append refused");
    }
    if (i % 1000 != 999 && i + 1 != count) continue;
    if (!store.write_pass()) give_up("write failed");
    sync(store);
    run_janitor(store);
  }
}

// As the broker does it: read, append what shares the body, and a sync for each thousand.
void deliver_timers(MessageStore& store, const std::vector<PendingTimer>& timers) {
  const auto begin = store.end();
  base::Bytes bytes;
  double cpu = 0;
  int since_sync = 0;
  for (const auto& timer : timers) {
    const auto started = cpu_ns();
    bytes.clear();
    if (!store.read_record(timer.origin, bytes)) give_up("a timer cannot be read");
    auto record = decode_record(bytes)->record;
    record.topic = "delivered";
    record.queue = 0;
    if (store.append(record, 0, {.timer_origin = timer.origin, .body_at = timer.origin}).refused !=
        Refused::none) {
      give_up("append refused");
    }
    cpu += cpu_ns() - started;
    if (++since_sync % 1000 != 0) continue;
    if (!store.write_pass()) give_up("write failed");
    sync(store);
    run_janitor(store);
  }
  const auto count = static_cast<double>(timers.size());
  std::printf("delivery: %.0f ns and %.0f bytes of log a timer, %llu of %zu share their bodies\n",
              cpu / count, static_cast<double>(store.end().value() - begin.value()) / count,
              static_cast<unsigned long long>(store.stats().shared_bodies), timers.size());
}

}  // namespace

void bench_timers(const std::string& path, int count) {
  const Message message;
  {
    auto store = open(path);
    append_timers(*store, message, count);
    std::printf("%d timers with bodies of 1 KiB: %.0f bytes of log each\n", count,
                static_cast<double>(store->end().value()) / count);
    // No close(): the process ends here as far as the directory knows.
  }
  const auto heap_before = ::mallinfo2().uordblks;
  const auto started = Clock::now();
  const auto store = open(path);
  const auto timers = store->take_pending_timers();
  std::printf(
      "open after a kill took %.1f ms, read %llu entries and found %zu timers; %.0f bytes of heap each\n",
      ns_since(started) / 1e6, static_cast<unsigned long long>(store->stats().recovered_entries),
      timers.size(), static_cast<double>(::mallinfo2().uordblks - heap_before) / count);
  const bool in_order = std::ranges::is_sorted(
      timers, {}, [](const PendingTimer& timer) { return std::pair(timer.due_ms, timer.origin); });
  if (timers.size() != static_cast<std::size_t>(count) || !in_order)
    give_up("timers are missing or out of order");
  deliver_timers(*store, timers);
}

}  // namespace mq::storage
