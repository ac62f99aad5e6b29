#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/measure/scratch.hpp"
#include "bench/mq/options.hpp"
#include "bench/mq/peers/peer.hpp"
#include "bench/mq/report.hpp"
#include "bench/mq/versus.hpp"
#include "bench/mq/workloads.hpp"
#include "cli/layout.hpp"
#include "mq/base/settings.hpp"

namespace bench {
namespace {

const std::vector<SendWorkload>& send_workloads() {
  static const std::vector<SendWorkload> kWorkloads{{"sync-64x1", "sync", {64, 1}},
                                                    {"sync-4x64", "sync", {4, 64}},
                                                    {"async-64x1", "async", {64, 1}},
                                                    {"async-4x64", "async", {4, 64}}};
  return kWorkloads;
}

struct DrainWorkload {
  std::string name;
  int count_max;
};
// What stock clients ask for at most by default, and what a client may ask for.
const std::array<DrainWorkload, 2> kDrains{{{"drain-32", 32}, {"drain-1024", 1024}}};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& workload : send_workloads()) names.push_back(workload.name);
  for (const auto& drain : kDrains) names.push_back(drain.name);
  names.insert(names.end(), {"start", "restart"});
  return names;
}

void add_settings(base::Settings& settings, Options& options) {
  settings.add("only", options.only,
               "some of sync-64x1, sync-4x64, async-64x1, async-4x64, drain-32, drain-1024, start, restart");
  settings.add(
      "peer", options.peer,
      "another broker to compare sends with in place of the probes: nats, rabbitmq, redis, rocketmq");
  settings.add("rocketmq-jars", options.rocketmq_jars, "folder with the jars of a genuine RocketMQ");
  settings.add("seconds", options.seconds, "length of a slice");
  settings.range("seconds", 1, 600);
  settings.add("rounds", options.rounds, "slices of each side, taken in turns");
  settings.range("rounds", 1, 100);
  settings.add("starts", options.starts, "starts on an empty directory");
  settings.range("starts", 1, 1000);
  settings.add("backlog", options.backlog, "messages to drain, and of the larger restart");
  settings.range("backlog", 1000, 90'000'000);
  settings.add("reserve", options.reserve, "written segments ready before each slice; 0: the log grows");
  settings.range("reserve", 0, 64);
  settings.add("pin", options.pin, "server on one core, load on another");
  settings.add("folder", options.folder, "where scratch data goes: the disk that is measured");
  settings.add("program", options.program, "the sluice-mq to measure; empty: beside this program");
  settings.add("json", options.json, "one JSON object a workload in place of text");
  settings.example("sluice-bench-mq                                  # all, some three minutes");
  settings.example("sluice-bench-mq --only sync-64x1 --rounds 9");
  settings.example("sluice-bench-mq --only sync-4x64 --reserve 0      # a log without written segments");
  settings.example("sluice-bench-mq --peer redis --only sync-4x64,async-4x64 --seconds 3");
  settings.check([&options] {
    const auto& peers = peer_names();
    if (!options.peer.empty() && std::ranges::find(peers, options.peer) == peers.end()) {
      return "there is no peer " + options.peer;
    }
    const auto names = all_names();
    for (const auto& name : options.only) {
      if (std::ranges::find(names, name) == names.end()) return "there is no workload " + name;
    }
    return std::string();
  });
}

// Each workload has the disk to itself.
class Run {
 public:
  Run(const Options& options, std::filesystem::path scratch)
      : options_(options), scratch_(std::move(scratch)) {}

  template <class Measure>
  void workload(const std::string& name, Measure measure) {
    if (!options_.wants(name)) return;
    const auto folder = scratch_ / std::to_string(++count_);
    std::filesystem::create_directory(folder);
    const auto outcome = measure(folder);
    std::filesystem::remove_all(folder);
    const auto text = options_.json ? boost::json::serialize(json_of(outcome)) + "\n" : text_of(outcome);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

 private:
  const Options& options_;
  std::filesystem::path scratch_;
  int count_ = 0;
};

int run_versus(const Options& options, Run& run) {
  for (const auto& workload : send_workloads()) {
    if (options.peer == "nats" && workload.flush == "sync" && options.only.empty()) continue;
    run.workload(workload.name,
                 [&](const auto& folder) { return measure_versus(workload, options.peer, options, folder); });
  }
  return 0;
}

int run_all(const Options& options, const std::filesystem::path& scratch) {
  Run run(options, scratch);
  if (!options.peer.empty()) return run_versus(options, run);
  for (const auto& workload : send_workloads()) {
    run.workload(workload.name, [&](const auto& folder) { return measure_sends(workload, options, folder); });
  }
  for (const auto& drain : kDrains) {
    run.workload(drain.name, [&](const auto& folder) {
      return measure_drain(drain.name, drain.count_max, options, folder);
    });
  }
  run.workload("start", [&](const auto& folder) { return measure_starts(options, folder); });
  const auto larger = static_cast<std::uint64_t>(options.backlog);
  for (const auto messages : {std::min<std::uint64_t>(10'000, larger), larger}) {
    run.workload("restart", [&](const auto& folder) { return measure_restart(messages, options, folder); });
  }
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
      "same bytes, in turns.");
  bench::add_settings(settings, options);
  if (const auto exit = settings.parse(argc, argv)) return *exit;
  if (options.program.empty()) options.program = cli::program_folder() / "sluice-mq";
  try {
    return bench::with_scratch(options.folder, "sluice-bench-mq",
                               [&](const auto& scratch) { return bench::run_all(options, scratch); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-bench-mq: %s\n", error.what());
    return 1;
  }
}
