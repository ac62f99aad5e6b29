#include "bench/mq/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "bench/mq/crowd.hpp"
#include "bench/mq/delays.hpp"
#include "bench/mq/end_to_end.hpp"
#include "bench/mq/report.hpp"
#include "bench/mq/starts.hpp"
#include "bench/mq/transacted.hpp"
#include "bench/mq/workloads.hpp"

namespace bench {
namespace {

SendSpec batches(std::size_t body_size) {
  SendSpec spec;
  spec.batch = 32;
  spec.body_size = body_size;
  return spec;
}

std::vector<SendWorkload> sends() {
  SendSpec small;
  small.body_size = 100;
  return {{"sync-1x1", "sync", {1, 1}},
          {"sync-64x1", "sync", {64, 1}},
          {"sync-4x64", "sync", {4, 64}},
          {"sync-16x64", "sync", {16, 64}},
          {"async-64x1", "async", {64, 1}},
          {"async-4x64", "async", {4, 64}},
          {"async-4x64-100b", "async", {4, 64}, small},
          {"batch-32", "async", {4, 8}, batches(kBodySize)},
          {"batch-32-100b", "async", {4, 8}, batches(100)}};
}

// 32 is what stock clients ask for at most by default; a client may ask for more.
std::vector<DrainWorkload> drains() {
  return {{"drain-32", 32}, {"drain-1024", 1024}, {"drain-cold", 1024, true}};
}

std::uint64_t count_of(const std::string& text) {
  std::uint64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || count == 0) {
    throw std::runtime_error("\"" + text + "\" is no number of messages; write --restarts 10000,1000000");
  }
  return count;
}

template <class Outcome>
using Measure = Outcome (*)(const Options&, const std::filesystem::path&);

void add(std::vector<Workload>& all, std::string name, Measure<Figures> measure) {
  all.push_back({std::move(name), [measure](const Options& options, const std::filesystem::path& folder) {
                   return report_of(measure(options, folder));
                 }});
}

}  // namespace

template <class Outcome>
Report report_of(const Outcome& outcome) {
  return {text_of(outcome), json_of(outcome), outcome.floors};
}
template Report report_of(const Figures& outcome);

std::vector<Workload> own_workloads(const Options& chosen) {
  std::vector<Workload> all;
  for (auto& workload : sends()) {
    all.push_back({workload.name, [workload](const Options& options, const std::filesystem::path& folder) {
                     return report_of(measure_sends(workload, options, folder));
                   }});
  }
  for (auto& workload : drains()) {
    all.push_back({workload.name, [workload](const Options& options, const std::filesystem::path& folder) {
                     return report_of(measure_drain(workload, options, folder));
                   }});
  }
  add(all, "end-to-end", measure_end_to_end);
  add(all, "delay", measure_delays);
  add(all, "delay-burst", measure_delay_burst);
  add(all, "transactions", measure_transactions);
  add(all, "connections", measure_crowd);
  add(all, "start", measure_starts);
  for (const auto& text : chosen.restarts) {
    const auto messages = count_of(text);
    all.push_back({"restart", [messages](const Options& options, const std::filesystem::path& folder) {
                     return report_of(measure_restart(messages, options, folder));
                   }});
  }
  return all;
}

std::string goals_table(const std::vector<Floor>& floors) {
  auto goals = floors;
  std::erase_if(goals, [](const Floor& floor) { return floor.goal.empty(); });
  std::ranges::sort(
      goals, {}, [](const Floor& floor) { return std::pair(std::stoi(floor.goal.substr(1)), floor.what); });
  std::string text = fmt::format("{:<5}{:<46}{:>12}{:>12}  {}\n", "goal", "what", "wanted", "measured", "");
  for (const auto& goal : goals) {
    text += fmt::format("{:<5}{:<46}{:>2}{:>10.6g}{:>12.6g}  {}\n", goal.goal, goal.what,
                        goal.lowest_allowed ? ">=" : "<=", goal.bound, goal.measured,
                        goal.holds() ? "held" : "MISSED");
  }
  return text;
}

}  // namespace bench
