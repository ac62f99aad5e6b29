#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/measure/scratch.hpp"
#include "bench/mq/options.hpp"
#include "bench/mq/peers/peer.hpp"
#include "bench/mq/plan.hpp"
#include "cli/layout.hpp"
#include "mq/base/settings.hpp"

namespace bench {
namespace {

std::vector<Workload> chosen_workloads(const Options& options) {
  if (!options.ladder.empty()) return ladder_workloads(options);
  if (options.load == "java") return java_workloads();
  if (!options.peer.empty()) return versus_workloads(options);
  auto all = own_workloads(options);
  if (options.goals) std::ranges::move(ladder_workloads(options), std::back_inserter(all));
  return all;
}

void add_choices(base::Settings& settings, Options& options) {
  settings.add("only", options.only, "some of the workloads, as the reports call them; empty: all");
  settings.add("goals", options.goals,
               "the ladders too, and a table of the goals, held or missed, at the end");
  settings.add("peer", options.peer,
               "another broker beside ours, in place of the probes: nats, rabbitmq, redis, rocketmq");
  settings.add("load", options.load,
               "own, or java: the official client, on ours and on a genuine RocketMQ in turns");
  settings.choices("load", {"own", "java"});
  settings.add("rocketmq-jars", options.rocketmq_jars, "folder with the jars of a genuine RocketMQ");
  settings.add("ladder", options.ladder,
               "what a message costs while something grows: backlog, queues, connections, timers");
  settings.add("top", options.top, "largest rung of the ladder; 0: its default");
  settings.range("top", 0, 90'000'000);
}

void add_sizes(base::Settings& settings, Options& options) {
  settings.add("seconds", options.seconds, "length of a slice");
  settings.range("seconds", 1, 600);
  settings.add("rounds", options.rounds, "slices of each side, taken in turns");
  settings.range("rounds", 1, 100);
  settings.add("starts", options.starts, "starts on an empty directory");
  settings.range("starts", 1, 1000);
  settings.add("backlog", options.backlog, "messages to drain");
  settings.range("backlog", 1000, 90'000'000);
  settings.add("restarts", options.restarts,
               "messages there are when the broker is killed and started again");
  settings.add("flush", options.flush, "of end-to-end and transactions: sync, async");
  settings.choices("flush", {"sync", "async"});
  settings.add("rate", options.rate, "messages a second of end-to-end");
  settings.range("rate", 10, 1'000'000);
  settings.add("timers", options.timers, "delayed messages that wait");
  settings.range("timers", 100, 10'000'000);
  settings.add("delay-seconds", options.delay_seconds, "time over which they become due");
  settings.range("delay-seconds", 1, 600);
  settings.add("burst", options.burst, "delayed messages that are due at once");
  settings.range("burst", 100, 10'000'000);
  settings.add("connections", options.connections, "idle connections");
  settings.range("connections", 1, 15'000);
  settings.add("reserve", options.reserve, "written segments ready before each slice; 0: the log grows");
  settings.range("reserve", 0, 64);
}

void add_settings(base::Settings& settings, Options& options) {
  add_choices(settings, options);
  add_sizes(settings, options);
  settings.add("pin", options.pin, "server on one core, load on another");
  settings.add("folder", options.folder, "where scratch data goes: the disk that is measured");
  settings.add("program", options.program, "the sluice-mq to measure; empty: beside this program");
  settings.add("json", options.json, "one JSON object a workload in place of text");
  settings.example("sluice-bench-mq                                  # all, some six minutes");
  settings.example("sluice-bench-mq --only sync-64x1 --rounds 9");
  settings.example("sluice-bench-mq --only sync-4x64 --reserve 0      # a log without written segments");
  settings.example("sluice-bench-mq --goals --restarts 100000,10000000");
  settings.example("sluice-bench-mq --ladder timers --top 1000000");
  settings.example("sluice-bench-mq --peer redis --only sync-4x64,consume --seconds 3");
  settings.example("sluice-bench-mq --load java --rocketmq-jars build/release/compat/rocketmq/dependency");
}

std::string complaint(const Options& options) {
  const auto& peers = peer_names();
  const auto& ladders = ladder_names();
  if (!options.peer.empty() && std::ranges::find(peers, options.peer) == peers.end()) {
    return "there is no peer " + options.peer;
  }
  if (!options.ladder.empty() && std::ranges::find(ladders, options.ladder) == ladders.end()) {
    return "there is no ladder " + options.ladder;
  }
  const int ways =
      (options.peer.empty() ? 0 : 1) + (options.ladder.empty() ? 0 : 1) + (options.load == "java");
  if (ways > 1) return "--peer, --ladder and --load java exclude each other";
  std::string known;
  std::set<std::string> names;
  for (const auto& workload : chosen_workloads(options)) {
    if (names.insert(workload.name).second) known += (known.empty() ? "" : ", ") + workload.name;
  }
  for (const auto& name : options.only) {
    if (!names.contains(name)) return "there is no workload " + name + "; there are " + known;
  }
  return {};
}

// Each workload has the disk to itself.
int run_all(const Options& options, const std::filesystem::path& scratch) {
  std::vector<Floor> floors;
  int count = 0;
  for (const auto& workload : chosen_workloads(options)) {
    if (!options.wants(workload.name)) continue;
    const auto folder = scratch / std::to_string(++count);
    std::filesystem::create_directory(folder);
    const auto report = workload.measure(options, folder);
    std::filesystem::remove_all(folder);
    const auto text = options.json ? boost::json::serialize(report.json) + "\n" : report.text;
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    floors.insert(floors.end(), report.floors.begin(), report.floors.end());
  }
  if (!options.goals) return 0;
  boost::json::array goals;
  for (const auto& floor : floors) {
    if (!floor.goal.empty()) goals.push_back(json_of(floor));
  }
  const auto table =
      options.json ? boost::json::serialize(boost::json::object{{"name", "goals"}, {"goals", goals}}) + "\n"
                   : "\n" + goals_table(floors);
  std::fputs(table.c_str(), stdout);
  return 0;
}

}  // namespace

bool Options::wants(const std::string& workload) const {
  return only.empty() || std::ranges::find(only, workload) != only.end();
}

}  // namespace bench

int main(int argc, char** argv) {
  bench::Options options;
  base::Settings settings(
      "sluice-bench-mq",
      "Measures sluice-mq beside a TCP echo of the same frames and a bare group commit of the "
      "same bytes, or beside another broker, in turns.");
  bench::add_settings(settings, options);
  settings.check([&options] { return bench::complaint(options); });
  if (const auto exit = settings.parse(argc, argv)) return *exit;
  // Servers run in folders of their own.
  if (!options.rocketmq_jars.empty())
    options.rocketmq_jars = std::filesystem::absolute(options.rocketmq_jars);
  if (options.program.empty()) options.program = cli::program_folder() / "sluice-mq";
  try {
    return bench::with_scratch(options.folder, "sluice-bench-mq",
                               [&](const auto& scratch) { return bench::run_all(options, scratch); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-bench-mq: %s\n", error.what());
    return 1;
  }
}
