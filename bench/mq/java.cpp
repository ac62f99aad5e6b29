// The official Java client as the load, on sluice-mq and on a genuine RocketMQ in turns: what users run.
#include <fmt/format.h>
#include <sys/wait.h>
#include <boost/json/parse.hpp>

#include <stdexcept>

#include "bench/mq/contender.hpp"
#include "bench/mq/peers/rocketmq.hpp"
#include "bench/mq/plan.hpp"
#include "bench/mq/setup.hpp"
#include "bench/mq/versus.hpp"
#include "cli/child.hpp"
#include "cli/layout.hpp"

namespace bench {
namespace {

constexpr int kThreads = 16;
constexpr int kBodyBytes = 1024;

struct JavaWorkload {
  std::string name, mode, flush;
};

const std::vector<JavaWorkload>& all_workloads() {
  static const std::vector<JavaWorkload> kAll{{"java-send-sync", "send", "sync"},
                                              {"java-send", "send", "async"},
                                              {"java-send-async", "send-async", "async"},
                                              {"java-consume", "consume", "async"}};
  return kAll;
}

// Compiled once a run, with the jars that it is run with.
std::filesystem::path compiled(const Options& options, const std::filesystem::path& folder) {
  const auto source = std::filesystem::path(SLUICE_BENCH_JAVA) / "Bench.java";
  const auto classes = folder / "classes";
  std::filesystem::create_directories(classes);
  cli::Command command;
  command.program = "/usr/bin/javac";
  command.arguments = {"-cp", (options.rocketmq_jars / "*").string(), "-d", classes.string(),
                       source.string()};
  const auto done = cli::run_to_end(command, std::chrono::minutes(2));
  if (!done.succeeded()) throw std::runtime_error("javac: " + done.output);
  return classes;
}

struct Turn {
  double rate = 0, p50_us = 0, p99_us = 0, p999_us = 0, failed = 0, messages = 0, cpu_seconds = 0;
};

Turn run_java(const JavaWorkload& workload, const std::filesystem::path& classes, std::uint16_t names,
              const Contender& contender, const Options& options, const std::filesystem::path& folder) {
  cli::Command command;
  command.program = "/usr/bin/java";
  command.folder = folder;
  command.errors = folder / "java.log";
  const int seconds = workload.mode == "consume" ? 120 : options.seconds;
  command.arguments = {"-cp",
                       classes.string() + ":" + (options.rocketmq_jars / "*").string(),
                       "-Xms512m",
                       "-Xmx512m",
                       "-Duser.home=" + folder.string(),
                       "Bench",
                       workload.mode,
                       fmt::format("127.0.0.1:{}", names),
                       kTopic,
                       std::to_string(seconds),
                       std::to_string(kThreads),
                       std::to_string(kBodyBytes)};
  const auto before = cpu_seconds_of(contender);
  Process java(std::move(command));
  const auto line = java.next_line(std::chrono::seconds(seconds + 60));
  java.wait();
  const auto said = boost::json::parse(line).as_object();
  const auto number = [&](const char* key) { return said.at(key).to_number<double>(); };
  Turn turn;
  turn.messages = number("messages");
  turn.rate = turn.messages / number("seconds");
  turn.p50_us = number("p50_us");
  turn.p99_us = number("p99_us");
  turn.p999_us = number("p999_us");
  turn.failed = number("failed");
  turn.cpu_seconds = cpu_seconds_of(contender) - before;
  return turn;
}

void add_side(Figures& figures, const std::string& side, const std::vector<Turn>& turns, bool timed) {
  const auto middle = [&](double Turn::* member) {
    std::vector<double> values;
    for (const auto& turn : turns) values.push_back(turn.*member);
    return median(values);
  };
  figures.add(side + "_messages_per_second", middle(&Turn::rate), side + ": messages/s");
  if (timed) {
    figures.add(side + "_p50_us", middle(&Turn::p50_us), side + ": us, p50");
    figures.add(side + "_p99_us", middle(&Turn::p99_us), side + ": us, p99");
    figures.add(side + "_p999_us", middle(&Turn::p999_us), side + ": us, p99.9");
  }
  figures.add(side + "_failed", middle(&Turn::failed), side + ": sends that failed");
  double cpu = 0, messages = 0;
  for (const auto& turn : turns) {
    cpu += turn.cpu_seconds;
    messages += turn.messages;
  }
  figures.add(side + "_cpu_seconds_per_million", messages > 0 ? cpu * 1e6 / messages : 0,
              side + ": CPU s of the broker a million, start of the client and warm-up included");
}

Ratio ratio_of_rates(const std::vector<Turn>& ours, const std::vector<Turn>& theirs) {
  std::vector<double> our_rates, their_rates;
  for (const auto& turn : ours) our_rates.push_back(turn.rate);
  for (const auto& turn : theirs) their_rates.push_back(turn.rate);
  return ratio_of(our_rates, their_rates);
}

Figures measure_java(const JavaWorkload& workload, const Options& options,
                     const std::filesystem::path& folder) {
  Figures figures;
  figures.name = workload.name;
  figures.about = fmt::format("the official Java client 5.5.0, {}, flush={}, bodies of {} bytes, {} rounds",
                              workload.mode, workload.flush, kBodyBytes, options.rounds);
  if (options.rocketmq_jars.empty()) {
    throw std::runtime_error("the Java client needs --rocketmq-jars, as --peer rocketmq does");
  }
  const auto classes = compiled(options, folder);
  const auto peer = start_rival("rocketmq", workload.flush, options, folder);
  const auto& genuine = dynamic_cast<const RocketMq&>(*peer);
  auto setup = setup_of(workload.flush, options, folder);
  const Broker broker(setup);
  const Contender ours{{broker.port()}, {broker.pid()}, {}, {}}, theirs{{peer->port()}, peer->pids(), {}, {}};
  const bool consumes = workload.mode == "consume";
  for (const auto* side : {&ours, &theirs}) {
    make_topic(side->server, kTopic, kQueues);
    if (consumes) send_all_of(side->server, {}, static_cast<std::uint64_t>(options.backlog));
  }
  std::vector<Turn> our_turns, their_turns;
  for (int round = 0; round < options.rounds; ++round) {
    broker.wait_for_reserve();
    our_turns.push_back(run_java(workload, classes, broker.name_server_port(), ours, options, folder));
    their_turns.push_back(run_java(workload, classes, genuine.name_server_port(), theirs, options, folder));
  }
  add_side(figures, "ours", our_turns, !consumes);
  add_side(figures, "theirs", their_turns, !consumes);
  const auto ratio = ratio_of_rates(our_turns, their_turns);
  figures.add("ratio", ratio.median,
              fmt::format("times as many messages/s ({:.2f} to {:.2f})", ratio.lowest, ratio.highest));
  return figures;
}

}  // namespace

std::vector<Workload> java_workloads() {
  std::vector<Workload> all;
  for (const auto& workload : all_workloads()) {
    all.push_back({workload.name, [&workload](const Options& options, const std::filesystem::path& folder) {
                     return report_of(measure_java(workload, options, folder));
                   }});
  }
  return all;
}

}  // namespace bench
