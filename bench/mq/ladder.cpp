// What a message costs the broker while something else grows: each rung on a broker of its own, the same work
// on each, and the cost as a ratio to the smallest rung's.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "bench/measure/instructions.hpp"
#include "bench/mq/crowd.hpp"
#include "bench/mq/delays.hpp"
#include "bench/mq/plan.hpp"
#include "bench/mq/setup.hpp"
#include "mq/protocol/codes.hpp"

namespace bench {
namespace {

// The work that is paid for on each rung: sent, and consumed, or delayed and delivered.
constexpr std::uint64_t kWork = 200'000;
constexpr double kRatioMax = 1.25;

struct Cost {
  double cpu_seconds_per_million = 0;
  std::optional<double> instructions;  // a message
};

Cost cost_of(const Broker& broker, std::uint64_t messages, const std::function<void()>& work) {
  const Instructions instructions(broker.pid());
  const auto before = cpu_seconds_of(broker.pid());
  const auto counted_before = instructions.count();
  work();
  Cost cost{per_million(cpu_seconds_of(broker.pid()) - before, messages), std::nullopt};
  const auto counted = instructions.count();
  if (counted) {
    const auto since = *counted - counted_before.value_or(0);
    cost.instructions = static_cast<double>(since) / static_cast<double>(messages);
  }
  return cost;
}

// Pulls 32 at once, as stock clients do by default; one connection, so that every rung pulls alike.
void consume(const Broker& broker, const SendSpec& spec) {
  PullSpec pull;
  pull.topic = spec.topic;
  pull.queues = spec.queues;
  Pulls pulls(pull, 1);
  Load load({broker.port()}, {1, 1}, pulls);
  load.run_for(kUntilItEnds);
}

void send_and_consume(const Broker& broker, const SendSpec& spec) {
  send_all_of({broker.port()}, spec, kWork);
  consume(broker, spec);
}

// What lies in the log already does not matter to what is sent and consumed now.
Cost backlog_rung(const Broker& broker, int size) {
  send_all_of({broker.port()}, {}, static_cast<std::uint64_t>(size));
  broker.wait_for_reserve();
  SendSpec fresh;
  fresh.topic = "fresh";
  make_topic({broker.port()}, fresh.topic, fresh.queues);
  return cost_of(broker, kWork, [&] { send_and_consume(broker, fresh); });
}

Cost queues_rung(const Broker& broker, int size) {
  SendSpec spec;
  spec.topic = "wide";
  spec.queues = size;
  make_topic({broker.port()}, spec.topic, spec.queues);
  broker.wait_for_reserve();
  return cost_of(broker, kWork, [&] { send_and_consume(broker, spec); });
}

Cost connections_rung(const Broker& broker, int size) {
  broker.wait_for_reserve();
  const Crowd crowd({broker.port()}, size);
  SendSpec spec;
  make_topic({broker.port()}, spec.topic, spec.queues);
  return cost_of(broker, kWork, [&] { send_and_consume(broker, spec); });
}

// So many wait for a time that does not come while others come and go.
Cost timers_rung(const Broker& broker, int size) {
  constexpr std::int64_t kHourMs = 3'600'000;
  SendSpec waiting;
  waiting.topic = "waiting";
  waiting.delayed = true;
  const auto now_ms = now_ns() / 1'000'000;
  Sends sends(waiting, mq::protocol::response_code::kSuccess, static_cast<std::uint64_t>(size),
              {now_ms + kHourMs, now_ms + 2 * kHourMs});
  {
    Load load({broker.port()}, {4, 64}, sends);
    load.run_for(kUntilItEnds);
  }
  broker.wait_for_reserve();
  constexpr std::chrono::seconds kLead{5}, kWindow{2};
  return cost_of(broker, kWork, [&] { deliver_delayed({broker.port()}, {"soon", kWork, kLead, kWindow}); });
}

struct Ladder {
  std::string name, unit;
  std::vector<int> rungs;
  int top;  // unless the options say another
  Cost (*rung)(const Broker&, int);
};

const std::vector<Ladder>& ladders() {
  static const std::vector<Ladder> kLadders{
      {"backlog", "messages in the log", {100'000, 1'000'000, 10'000'000}, 1'000'000, backlog_rung},
      {"queues", "queues", {1, 10, 100, 1'000, 10'000}, 10'000, queues_rung},
      {"connections", "idle connections", {1, 100, 1'000, 5'000}, 5'000, connections_rung},
      {"timers", "delayed messages that wait", {10'000, 100'000, 1'000'000}, 100'000, timers_rung}};
  return kLadders;
}

// The costs of one rung, a broker a round.
struct Rung {
  std::vector<double> cpu, instructions;
};
Rung stand_on(const Ladder& ladder, int size, const Options& options, const std::filesystem::path& folder) {
  Rung rung;
  for (int round = 0; round < options.rounds; ++round) {
    const auto home = folder / fmt::format("{}-{}", size, round);
    std::filesystem::create_directory(home);
    Broker broker(setup_of("async", options, home));
    const auto cost = ladder.rung(broker, size);
    rung.cpu.push_back(cost.cpu_seconds_per_million);
    if (cost.instructions) rung.instructions.push_back(*cost.instructions);
    broker.stop();
    std::filesystem::remove_all(home);
  }
  return rung;
}

Figures climb(const Ladder& ladder, const Options& options, const std::filesystem::path& folder) {
  Figures figures;
  figures.name = "ladder-" + ladder.name;
  figures.about =
      fmt::format("CPU s of the broker a million messages sent and received, {} of them a rung", kWork);
  const int top = options.top > 0 ? options.top : ladder.top;
  if (ladder.name == "connections") allow_descriptors(static_cast<std::size_t>(top));
  double smallest = 0, worst = 0;
  for (const int size : ladder.rungs) {
    if (size > top && smallest > 0) continue;
    const auto rung = stand_on(ladder, size, options, folder);
    const auto cpu = median(rung.cpu);
    if (smallest == 0) smallest = cpu;
    worst = std::max(worst, cpu / smallest);
    const auto key = std::to_string(size);
    figures.add("cpu_" + key, cpu, fmt::format("CPU s a million with {} {}", size, ladder.unit));
    figures.add("ratio_" + key, cpu / smallest, "  times the smallest rung's");
    if (!rung.instructions.empty()) {
      figures.add("instructions_" + key, median(rung.instructions), "  instructions a message");
    }
  }
  figures.floors = {{"times the cost, more " + ladder.unit, kRatioMax, worst, false, "G11"}};
  return figures;
}

}  // namespace

const std::vector<std::string>& ladder_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& ladder : ladders()) names.push_back(ladder.name);
    return names;
  }();
  return kNames;
}

std::vector<Workload> ladder_workloads(const Options& options) {
  std::vector<Workload> all;
  for (const auto& ladder : ladders()) {
    if (!options.ladder.empty() && ladder.name != options.ladder) continue;
    all.push_back(
        {"ladder-" + ladder.name, [&ladder](const Options& chosen, const std::filesystem::path& folder) {
           return report_of(climb(ladder, chosen, folder));
         }});
  }
  return all;
}

}  // namespace bench
