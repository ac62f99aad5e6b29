#include "bench/mq/delays.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

constexpr std::int64_t kNsInMs = 1'000'000;
constexpr std::chrono::seconds kPatience{20};
// A send takes some microseconds; this much for each leaves time on a slow machine.
constexpr double kLeadSecondsPerMessage = 20e-6;

std::chrono::milliseconds lead_for(std::uint64_t messages) {
  const auto ms = static_cast<std::int64_t>(static_cast<double>(messages) * kLeadSecondsPerMessage * 1e3);
  return std::chrono::milliseconds(1500 + ms);
}

// How late the machine wakes a thread from sleeps of a millisecond, one after the other.
Histogram sleeps() {
  constexpr int kSleeps = 300;
  constexpr timespec kLength{0, kNsInMs};
  Histogram late;
  for (int i = 0; i < kSleeps; ++i) {
    const auto due = now_ns() + kNsInMs;
    ::nanosleep(&kLength, nullptr);
    late.add(now_ns() - due);
  }
  return late;
}

void add_common(Figures& figures, const Delivered& delivered) {
  figures.add("sent", static_cast<double>(delivered.sent), "messages sent");
  figures.add("received", static_cast<double>(delivered.received), "of them delivered");
  figures.add("early", static_cast<double>(delivered.early), "of them before their time");
  figures.add_quantiles("late", delivered.late, "late");
  figures.add("send_rate", static_cast<double>(delivered.sent) / delivered.send_seconds,
              "messages/s taken when they were sent");
  figures.add("sent_in_time", delivered.sent_in_time ? 1 : 0, "1: all were sent before the first was due");
}

}  // namespace

Delivered deliver_delayed(const Endpoint& server, const DelayPlan& plan) {
  SendSpec spec;
  spec.topic = plan.topic;
  spec.delayed = true;
  make_topic(server, spec.topic, spec.queues);
  const auto now_ms = now_ns() / kNsInMs;
  const DueTimes due{now_ms + plan.lead.count(), now_ms + plan.lead.count() + plan.window.count()};
  Sends sends(spec, mq::protocol::response_code::kSuccess, plan.messages, due);
  Load load(server, {4, 64}, sends);
  Arrivals arrivals;
  PullSpec pull;
  pull.topic = spec.topic;
  pull.follows = true;
  Pulls pulls(pull, kQueues, &arrivals);
  load.follow(server, kQueues, pulls);
  const auto slice = load.run_for(kUntilItEnds);
  Delivered delivered;
  delivered.sent = slice.brought.messages;
  delivered.send_seconds = slice.seconds;
  if (plan.all_sent) plan.all_sent();
  delivered.sent_in_time = now_ns() < due.first_ms * kNsInMs;
  // A long poll that is held answers nothing for a long time.
  const auto wait = std::chrono::ceil<std::chrono::seconds>(plan.lead + plan.window) + kPatience;
  load.receive_until([&] { return arrivals.count() >= delivered.sent; }, wait);
  delivered.received = arrivals.count();
  delivered.early = arrivals.early();
  delivered.late = arrivals.late();
  delivered.last_after_due_seconds = static_cast<double>(arrivals.last_ns() - due.last_ms * kNsInMs) / 1e9;
  return delivered;
}

Figures measure_delays(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "delay";
  const auto messages = static_cast<std::uint64_t>(options.timers);
  figures.about = fmt::format("{} messages of {} bytes, due evenly over {} s", messages, kBodySize,
                              options.delay_seconds);
  Broker broker(setup_of("async", options, folder));
  const auto idle = memory_of(broker.pid());
  const auto before = cpu_seconds_of(broker.pid());
  Memory full;
  const DelayPlan plan{kTopic, messages, lead_for(messages), std::chrono::seconds(options.delay_seconds),
                       [&] { full = memory_of(broker.pid()); }};
  const auto delivered = deliver_delayed({broker.port()}, plan);
  add_common(figures, delivered);
  figures.add("cpu_seconds_per_million",
              per_million(cpu_seconds_of(broker.pid()) - before, delivered.received),
              "CPU s of the broker a million, send, wait and delivery");
  figures.add("anonymous_mb_grown",
              (static_cast<double>(full.anonymous) - static_cast<double>(idle.anonymous)) / 1e6,
              "MB of its own memory more than idle, when all waited");
  figures.add_quantiles("sleep", sleeps(), "late, a thread of this machine after a sleep of 1 ms");
  figures.floors = {
      {"delayed messages before their time", 0, static_cast<double>(delivered.early), false, "G7"},
      {"delayed messages missing", 0,
       static_cast<double>(delivered.sent) - static_cast<double>(delivered.received), false, "G7"},
      {"ms late, p99", 2, delivered.late.quantile(0.99) / 1e6, false, "G7"}};
  if (messages >= 1'000'000) {
    const auto grown = (static_cast<double>(full.anonymous) - static_cast<double>(idle.anonymous)) / 1e6;
    figures.floors.push_back(
        {"MB for 1,000,000 that wait", 32, grown * 1e6 / static_cast<double>(messages), false, "G7"});
  }
  broker.stop();
  return figures;
}

Figures measure_delay_burst(const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "delay-burst";
  const auto messages = static_cast<std::uint64_t>(options.burst);
  figures.about =
      fmt::format("{} messages of {} bytes, all due in the same millisecond", messages, kBodySize);
  Broker broker(setup_of("async", options, folder));
  const auto delivered =
      deliver_delayed({broker.port()}, {kTopic, messages, lead_for(messages), std::chrono::milliseconds(0)});
  add_common(figures, delivered);
  figures.add("last_s", delivered.last_after_due_seconds, "s after the due time the last was delivered");
  figures.add("longest_pass_ms", broker.counters().longest_pass_seconds * 1e3,
              "ms, longest pass of the hot loop");
  figures.floors = {{fmt::format("s until {} of one moment are delivered", messages), 1,
                     delivered.last_after_due_seconds, false, "G7"}};
  broker.stop();
  return figures;
}

}  // namespace bench
