#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "cli/admin_calls.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/layout.hpp"
#include "cli/log_view.hpp"
#include "cli/postgres_cluster.hpp"
#include "cli/processes.hpp"
#include "cli/queue_view.hpp"
#include "cli/run_coroutine.hpp"
#include "mq/client/admin.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

struct Options {
  std::filesystem::path dir = default_root();
  std::string service;
  std::size_t lines = 20;
  bool json = false, follow = false;
};

struct Status {
  RunState state;
  std::vector<Health> health;  // one for each process
  std::vector<GroupView> groups;
  std::string queue_trouble;
};

asio::awaitable<Status> look(asio::any_io_executor executor, RunState state) {
  Status status{std::move(state), {}, {}, {}};
  mq::net::HttpClient http(executor);
  for (const auto& process : status.state.processes) {
    const auto admin = RunState::admin_of(process);
    Health health{process.state == "ready", {}};
    if (!health.ready) health.problems.push_back(process.state);
    if (health.ready && !admin.empty()) health = co_await ask_health(http, admin);
    status.health.push_back(std::move(health));
  }
  mq::client::Client client(executor, queue_at(status.state.name_server));
  mq::client::Admin admin(client);
  try {
    status.groups = co_await view_groups(admin);
  } catch (const std::exception& error) {
    status.queue_trouble = error.what();
  }
  co_await client.stop();
  co_return status;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

void print_json(const Status& status) {
  boost::json::array processes, groups;
  for (std::size_t at = 0; at < status.state.processes.size(); ++at) {
    const auto& process = status.state.processes[at];
    boost::json::object endpoints;
    for (const auto& [what, where] : process.endpoints) endpoints[what] = where;
    processes.push_back(boost::json::object{{"name", process.name},
                                            {"state", process.state},
                                            {"pid", process.pid},
                                            {"restarts", process.restarts},
                                            {"ready", status.health[at].ready},
                                            {"problems", boost::json::value_from(status.health[at].problems)},
                                            {"endpoints", std::move(endpoints)}});
  }
  for (const auto& one : status.groups) {
    groups.push_back(
        boost::json::object{{"group", one.group}, {"lag", one.lag()}, {"members", one.members.size()}});
  }
  boost::json::object whole{{"processes", std::move(processes)}, {"groups", std::move(groups)}};
  if (!status.queue_trouble.empty()) whole["queue_trouble"] = status.queue_trouble;
  fmt::print("{}\n", boost::json::serialize(whole));
}

void print_for_people(const Status& status) {
  std::vector<std::vector<std::string>> rows{{"PROCESS", "STATE", "PID", "RESTARTS", "ADMIN"}};
  for (std::size_t at = 0; at < status.state.processes.size(); ++at) {
    const auto& process = status.state.processes[at];
    const auto& health = status.health[at];
    const auto admin = RunState::admin_of(process);
    rows.push_back({process.name,
                    health.ready ? paint(Colour::green, "ready") : paint(Colour::red, "not ready"),
                    std::to_string(process.pid), std::to_string(process.restarts), admin});
  }
  fmt::print("{}", format_table(rows));
  for (std::size_t at = 0; at < status.health.size(); ++at) {
    if (status.health[at].ready) continue;
    fmt::print("  {}: {}\n", status.state.processes[at].name, joined(status.health[at].problems));
  }
  if (!status.queue_trouble.empty()) fmt::print("\nThe queue does not answer: {}\n", status.queue_trouble);
  if (status.groups.empty()) return;
  std::vector<std::vector<std::string>> groups{{"GROUP", "LAG", "MEMBERS"}};
  for (const auto& one : status.groups) {
    groups.push_back({one.group, std::to_string(one.lag()), std::to_string(one.members.size())});
  }
  fmt::print("\n{}", format_table(groups));
}

asio::awaitable<int> status_on(asio::any_io_executor executor, const Options& options) {
  const auto status = co_await look(executor, read_run_state(Layout{options.dir}));
  options.json ? print_json(status) : print_for_people(status);
  const bool ready = std::ranges::all_of(status.health, &Health::ready) && status.queue_trouble.empty();
  co_return ready ? 0 : 3;
}

int show_status(const Options& options) {
  asio::io_context context(1);
  return run_coroutine(context, status_on(context.get_executor(), options));
}

ClusterOptions postgres_at(const Layout& layout) {
  ClusterOptions options;
  options.folder = layout.postgres();
  return options;
}

int show_logs(const Options& options) {
  const Layout layout{options.dir};
  const auto file = options.service == kPostgres ? PostgresCluster(postgres_at(layout)).log()
                                                 : layout.log_of(options.service);
  if (!std::filesystem::exists(file)) {
    // A log file comes with its first line; a quiet program has none.
    if (!std::filesystem::exists(layout.errors_of(options.service))) {
      throw std::runtime_error(fmt::format("there is no {}; sluice status lists the names", file.string()));
    }
    fmt::print(stderr, "{} has written nothing yet.\n", options.service);
    if (!options.follow) return 0;
  }
  const auto style = options.json ? LogStyle::as_written : LogStyle::for_people;
  return options.follow ? follow_log(file, options.lines, style) : print_log(file, options.lines, style);
}
}  // namespace

void add_watching(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, const char* examples, auto action) {
    auto* command = app.add_subcommand(name, about);
    command->footer(examples);
    command->add_option("--dir", options->dir, "the system's directory")->capture_default_str();
    command->add_flag("--json", options->json, "answer in JSON");
    command->callback(
        [&chosen, options, action] { chosen = [options, action] { return action(*options); }; });
    return command;
  };
  add("status", "Processes, health, lag of every consumer group. Exit code 0 when all is ready, 3 when not.",
      "Examples:\n  sluice status\n  sluice status --json | jq '.groups[] | select(.lag > 0)'", show_status);
  auto* logs = add("logs", "What a process writes: its name as in sluice status, or postgres.",
                   "Examples:\n  sluice logs order-service\n  sluice logs sluice-mq -f\n"
                   "  sluice logs push-service -n 1000 --json | jq .msg",
                   show_logs);
  logs->add_option("SERVICE", options->service, "the name of a process")->required();
  logs->add_flag("-f,--follow", options->follow, "go on as it grows; Ctrl-C ends it");
  logs->add_option("-n,--lines", options->lines, "how many lines of the end")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
}

}  // namespace cli
