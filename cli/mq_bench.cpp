// sluice mq bench: a short load on a running broker, or on one that is started for it.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "cli/child.hpp"
#include "cli/identity.hpp"
#include "cli/load_trial.hpp"
#include "cli/mq_commands.hpp"
#include "cli/mq_output.hpp"
#include "cli/secrets.hpp"
#include "mq/load/stamps.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

struct BenchOptions : QueueOptions {
  TrialPlan plan;
  std::string broker;
  bool scratch = false;
};

// Ctrl-C waits until what was made is gone again; then it does what it does.
class PostponedSignals {
 public:
  PostponedSignals() {
    ::sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~PostponedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  PostponedSignals(const PostponedSignals&) = delete;
  PostponedSignals& operator=(const PostponedSignals&) = delete;

  [[nodiscard]] static bool has_come() {
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGINT) == 1 || ::sigismember(&pending, SIGTERM) == 1 ||
           ::sigismember(&pending, SIGHUP) == 1;
  }

 private:
  sigset_t set_{}, before_{};
};

// One line that is written over again and again, when somebody sees it.
class Progress {
 public:
  explicit Progress(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r{:60}\r", "");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(std::string_view part, std::uint64_t messages, double seconds) const {
    if (!shown_) return;
    const auto rate = seconds > 0 ? static_cast<double>(messages) / seconds : 0;
    fmt::print(stderr, "\r{:<11}{:>10} messages {:>10.0f}/s {:>5.1f} s", part, messages, rate, seconds);
    std::fflush(stderr);
  }

 private:
  bool shown_;
};

// Nobody else's messages are in danger: a topic of that name is taken only when all that its queues begin
// with was left behind by a trial that was killed.
asio::awaitable<void> clear_away(Queue queue, std::string topic) {
  const auto topics = co_await queue.admin.topics();
  if (std::ranges::find(topics, topic) == topics.end()) co_return;
  bool ours = false;
  for (const auto& state : co_await queue.admin.topic_state(topic)) {
    if (state.max_offset == state.min_offset) continue;
    const auto first = co_await queue.admin.read_queue(state.queue, state.min_offset, 1);
    ours = !first.empty() && is_of_a_trial(first.front().body);
    if (!ours) break;
  }
  if (!ours) {
    throw std::runtime_error(
        "there is a topic " + topic +
        " already that is not of a bench; it is left alone: say another one with --topic");
  }
  co_await queue.admin.delete_topic(topic);
}

asio::awaitable<mq::load::Endpoint> target(Queue queue, std::string topic, std::string wanted) {
  const auto addresses = co_await queue.admin.broker_addresses(topic);
  const auto found = wanted.empty() ? addresses.begin() : addresses.find(wanted);
  if (found == addresses.end()) throw std::runtime_error("there is no broker " + wanted + " in this cluster");
  co_return mq::load::parse_endpoint(found->second);
}

boost::json::object to_json(const BenchOptions& options, const Trial& trial) {
  boost::json::array parts;
  for (const auto& part : trial.parts) {
    boost::json::object one{{"part", part.name},
                            {"messages", part.messages},
                            {"seconds", part.seconds},
                            {"messages_per_second", static_cast<double>(part.messages) / part.seconds},
                            {"refused", part.refused}};
    if (part.timed) {
      one["p50_us"] = part.latency.quantile(0.5) / 1e3;
      one["p99_us"] = part.latency.quantile(0.99) / 1e3;
      one["p999_us"] = part.latency.quantile(0.999) / 1e3;
      one["max_us"] = part.latency.quantile(1) / 1e3;
    }
    parts.emplace_back(std::move(one));
  }
  const auto& plan = options.plan;
  return {{"broker", fmt::format("{}:{}", plan.broker.host, plan.broker.port)},
          {"body_size", plan.body_size},
          {"connections", plan.shape.connections},
          {"in_flight", plan.shape.in_flight},
          {"parts", std::move(parts)},
          {"missing", trial.missing},
          {"stopped", trial.stopped}};
}

void print_trial(const BenchOptions& options, const Trial& trial) {
  const auto& plan = options.plan;
  fmt::print(
      "broker {}:{}, bodies of {} bytes, {} connections x {} in flight, {} queues; at {} messages/s end to "
      "end\n",
      plan.broker.host, plan.broker.port, plan.body_size, plan.shape.connections, plan.shape.in_flight,
      plan.queues, plan.rate);
  Rows rows{{"PART", "MESSAGES", "SECONDS", "MESSAGES/S", "P50 MS", "P99 MS", "P99.9 MS", "LONGEST"}};
  for (const auto& part : trial.parts) {
    const auto at = [&](double share) {
      return part.timed ? fmt::format("{:.2f}", part.latency.quantile(share) / 1e6) : std::string("-");
    };
    rows.push_back({part.name, std::to_string(part.messages), fmt::format("{:.2f}", part.seconds),
                    fmt::format("{:.0f}", static_cast<double>(part.messages) / part.seconds), at(0.5),
                    at(0.99), at(0.999), at(1)});
  }
  print_table(rows);
  for (const auto& part : trial.parts) {
    if (part.refused > 0) fmt::print("{}: {} requests were refused\n", part.name, part.refused);
  }
  if (trial.missing > 0) fmt::print("{} messages were sent and did not arrive\n", trial.missing);
  if (trial.stopped) fmt::print("stopped before its end\n");
}

asio::awaitable<void> bench(Queue queue, BenchOptions options) {
  auto& plan = options.plan;
  if (options.tls || !options.tls_authorities.empty() || !options.access_key.empty()) {
    throw std::runtime_error("the load speaks neither TLS nor signs requests: give it a listener without");
  }
  co_await clear_away(queue, plan.topic);
  const PostponedSignals postponed;
  mq::client::TopicSettings settings;
  settings.topic = plan.topic;
  settings.read_queues = settings.write_queues = plan.queues;
  co_await queue.admin.create_topic(settings);
  plan.group = fmt::format("sluice-bench-{}", ::getpid());
  Trial trial;
  std::exception_ptr failed;
  try {
    plan.broker = co_await target(queue, plan.topic, options.broker);
    const Progress progress(!options.json);
    trial = run_trial(plan, [&](std::string_view part, std::uint64_t messages, double seconds) {
      progress.show(part, messages, seconds);
      return !PostponedSignals::has_come();
    });
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await queue.admin.delete_topic(plan.topic);
  co_await queue.admin.delete_group(plan.group);
  if (failed) std::rethrow_exception(failed);
  options.json ? print(to_json(options, trial)) : print_trial(options, trial);
  if (trial.missing > 0) throw std::runtime_error("messages were lost on the way");
}

// A broker of its own for the length of a trial, on a directory that goes with it.
class ScratchBroker {
 public:
  ScratchBroker() {
    auto pattern = (std::filesystem::path("/var/tmp") / "sluice-mq-bench.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder in /var/tmp");
    folder_ = pattern;
    Command command;
    command.program = program_folder() / "sluice-mq";
    command.arguments = {"--port=0", "--data=" + (folder_ / "data").string(), "--log-level=warn",
                         "--ready-json=" + (folder_ / "ready").string()};
    command.errors = folder_ / "said";
    identity_ = identify(spawn(command));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!std::filesystem::exists(folder_ / "ready")) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("the scratch broker did not start: " + read_file(folder_ / "said"));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  ~ScratchBroker() {
    if (identity_) end_process(*identity_, SIGTERM, std::chrono::seconds(10));
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchBroker(const ScratchBroker&) = delete;
  ScratchBroker& operator=(const ScratchBroker&) = delete;
  [[nodiscard]] std::string name_server() const {
    return boost::json::parse(read_file(folder_ / "ready")).at("namesrv").as_string().c_str();
  }

 private:
  std::filesystem::path folder_;
  std::optional<Identity> identity_;
};

int on_scratch(BenchOptions options) {
  const PostponedSignals postponed;
  const ScratchBroker broker;
  options.name_server = broker.name_server();
  return run_on_cluster(options, [&options](Queue queue) { return bench(queue, options); });
}

void add_sizes(CLI::App& command, BenchOptions& options) {
  auto& plan = options.plan;
  command.add_option("--messages", plan.messages, "at most so many are sent as fast as they are taken")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--seconds", plan.seconds, "at most so long each part takes")
      ->check(CLI::Range(1, 300))
      ->capture_default_str();
  command.add_option("--rate", plan.rate, "messages a second of the end-to-end part")
      ->check(CLI::Range(1, 200'000))
      ->capture_default_str();
  command.add_option("--size", plan.body_size, "bytes of a body")
      ->check(CLI::Range(static_cast<int>(mq::load::kStampWord.size() + mq::load::kStampDigits), 65'536))
      ->capture_default_str();
  command.add_option("--connections", plan.shape.connections, "that send")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--in-flight", plan.shape.in_flight, "sends that each has in flight")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--queues", plan.queues, "of the topic")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
}

}  // namespace

void add_mq_bench(MqCommands& commands, Chosen& chosen) {
  const auto options = std::make_shared<BenchOptions>();
  options->plan.topic = "sluice-bench";
  auto* command = commands.add("bench", "A short load on one broker: send, read back, and end to end.",
                               options, [options](Queue queue) { return bench(queue, *options); });
  add_sizes(*command, *options);
  command->add_option("--topic", options->plan.topic, "made for it, and deleted afterwards")
      ->capture_default_str();
  command->add_option("--broker", options->broker, "its name, where there are several; else the first one");
  command->add_flag("--scratch", options->scratch,
                    "start a sluice-mq for it on a scratch directory in /var/tmp, and remove both");
  command->footer(
      "Examples:\n"
      "  sluice mq bench --scratch                          what this machine's disk and cores can do\n"
      "  sluice mq bench --messages 50000 --size 200        the running queue, some 10 s, 10 MB of log\n"
      "  sluice mq bench --rate 5000 --seconds 20 --json\n"
      "  sluice mq bench --name-server 10.0.0.5:9876 --broker broker-b\n"
      "A topic is made and deleted again, also after Ctrl-C; what was sent stays in the log until its time. "
      "A "
      "topic\nof that name with anything else in it is left alone. Other clients of that broker feel the "
      "load. "
      "The\nload is one thread of this process: on one machine it competes with the broker.");
  command->callback([&chosen, options] {
    chosen = [options] {
      if (options->scratch) return on_scratch(*options);
      return run_on_cluster(*options, [options](Queue queue) { return bench(queue, *options); });
    };
  });
}

}  // namespace cli
