#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/detach.hpp"
#include "cli/layout.hpp"
#include "cli/postgres_cluster.hpp"
#include "cli/preflight.hpp"
#include "cli/run_state.hpp"
#include "cli/up.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;
constexpr auto kStopLimit = 180s;  // seven processes, each with its grace

// Settings come from base::Settings as in every other program: file, environment, flags.
int up(const std::vector<std::string>& arguments) {
  SystemSettings system;
  system.dir = default_root();
  base::Settings settings("sluice",
                          "Starts the whole system: PostgreSQL, the queue, services, third parties.");
  settings.called("sluice up");
  add_settings(settings, system);
  std::vector<const char*> argv{"sluice up"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  const auto config = default_root().parent_path() / "sluice.toml";
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in here changes the environment
  const bool named =
      std::getenv("SLUICE_CONFIG") != nullptr ||
      std::ranges::any_of(arguments, [](const auto& one) { return one.starts_with("--config"); });
  if (!named && std::filesystem::exists(config)) {
    argv.insert(argv.begin() + 1, {"--config", config.c_str()});
  }
  if (const auto exit = settings.parse(static_cast<int>(argv.size()), argv.data())) return *exit;
  ::signal(SIGPIPE, SIG_IGN);  // a closed terminal is no reason to leave children behind
  std::optional<Background> background;
  if (system.detach) background.emplace();
  return run_up(system, background ? &*background : nullptr);
}

struct Options {
  std::filesystem::path dir = default_root();
  bool json = false, yes = false;
};

int down(const Options& options) {
  const Layout layout{options.dir};
  const auto supervisor = running_supervisor(layout);
  const bool stopped = supervisor && end_process(*supervisor, SIGTERM, kStopLimit);
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"stopped", supervisor.has_value()}}));
  } else if (!supervisor) {
    fmt::print("Nothing runs in {}.\n", layout.root.string());
  } else {
    fmt::print("{}\n", stopped ? "Everything has stopped; the data stays."
                               : "It did not stop in time and was killed; what was stored stays.");
  }
  return supervisor && !stopped ? 1 : 0;
}

int reset(const Options& options) {
  const Layout layout{std::filesystem::absolute(options.dir).lexically_normal()};
  if (!std::filesystem::exists(layout.run())) {
    fmt::print("There is nothing of sluice in {}.\n", layout.root.string());
    return 0;
  }
  const auto question = fmt::format("Remove all orders, messages and logs in {}?", layout.root.string());
  if (!options.yes && !confirm(question)) {
    fmt::print(stderr, "Nothing was removed. Without a terminal, say --yes.\n");
    return 1;
  }
  const DirectoryLock lock(layout);
  clear_leftovers(layout,
                  [](const std::string& name) { fmt::print("Stopping {} of an earlier run.\n", name); });
  ClusterOptions cluster;
  cluster.folder = layout.postgres();
  PostgresCluster(cluster).remove();
  for (const auto& entry : {layout.bin(), layout.logs(), layout.secrets(), layout.root / "data",
                            layout.clock(), layout.postgres(), layout.run()}) {
    std::filesystem::remove_all(entry);
  }
  fmt::print("{} is empty.\n", layout.root.string());
  return 0;
}
}  // namespace

void add_up(CLI::App& app, Chosen& chosen) {
  auto* starting = app.add_subcommand("up", "Starts everything. See sluice up --help.");
  starting->set_help_flag();
  starting->prefix_command();
  starting->callback([&chosen, starting] {
    auto arguments = starting->remaining();
    chosen = [arguments] { return up(arguments); };
  });

  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, const char* examples, auto action) {
    auto* command = app.add_subcommand(name, about);
    command->footer(examples);
    command->add_option("--dir", options->dir, "the system's directory")->capture_default_str();
    command->callback(
        [&chosen, options, action] { chosen = [options, action] { return action(*options); }; });
    return command;
  };
  add("down", "Stops everything in reverse order; the data stays.", "Example:\n  sluice down", down)
      ->add_flag("--json", options->json, "answer in JSON");
  add("reset", "Removes all data, after asking. Nothing may be running.",
      "Examples:\n  sluice reset\n  sluice reset --yes      without asking", reset)
      ->add_flag("--yes", options->yes, "do not ask");
}

}  // namespace cli
