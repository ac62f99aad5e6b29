#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <csignal>
#include <memory>
#include <stdexcept>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/postgres_cluster.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;

struct Options {
  ClusterOptions cluster;
  bool no_fsync = false, dsn = false, json = false, yes = false;
};

volatile std::sig_atomic_t interrupted = 0;
void note_interruption(int) { interrupted = 1; }

int start(Options options) {
  if (options.no_fsync) options.cluster.durability = ClusterOptions::Durability::unsafe_for_tests;
  PostgresCluster cluster(options.cluster);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, note_interruption) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  cluster.start(60s, [] { return interrupted != 0; });
  if (options.dsn) {
    fmt::print("{}\n", cluster.connection_string());
  } else if (options.json) {
    boost::json::object line{{"ready", "postgres"},
                             {"address", options.cluster.address},
                             {"port", options.cluster.port},
                             {"home", cluster.home().string()}};
    fmt::print("{}\n", boost::json::serialize(line));
  } else {
    fmt::print("PostgreSQL answers on {}:{}; its files are in {}\n", options.cluster.address,
               options.cluster.port, cluster.home().string());
  }
  return 0;
}

int stop(const Options& options) {
  PostgresCluster cluster(options.cluster);
  const bool ran = cluster.stop(60s);
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"stopped", ran}}));
  } else {
    fmt::print("{}\n", ran ? "PostgreSQL has stopped; its data stays." : "PostgreSQL was not running.");
  }
  return 0;
}

// A cluster may lie elsewhere than its folder: removing that would not remove it.
int remove(const Options& options) {
  PostgresCluster cluster(options.cluster);
  if (!cluster.exists()) {
    fmt::print("There is no cluster of sluice in {}.\n", cluster.home().string());
    return 0;
  }
  if (!options.yes && !confirm(fmt::format("Remove the databases in {}?", cluster.home().string()))) {
    throw std::runtime_error("nothing was removed; without a terminal, say --yes");
  }
  cluster.remove();
  fmt::print("{} is gone.\n", cluster.home().string());
  return 0;
}

int status(const Options& options) {
  const PostgresCluster cluster(options.cluster);
  const auto server = cluster.running();
  if (options.json) {
    boost::json::object line{
        {"exists", cluster.exists()}, {"running", server.has_value()}, {"home", cluster.home().string()}};
    if (server) line["pid"] = server->pid;
    fmt::print("{}\n", boost::json::serialize(line));
  } else if (server) {
    fmt::print("running, pid {}, files in {}\n", server->pid, cluster.home().string());
  } else {
    fmt::print("{}\n", cluster.exists() ? "stopped" : "there is no cluster yet");
  }
  return server ? 0 : 3;
}
}  // namespace

void add_postgres(CLI::App& app, Chosen& chosen) {
  auto* postgres =
      app.add_subcommand("postgres", "A private PostgreSQL 15 cluster: start, stop, status, remove.");
  postgres->require_subcommand(1);
  postgres->footer(
      "Examples:\n"
      "  sluice postgres start --dir /tmp/pg --address 127.7.0.1 --port 15432\n"
      "  psql \"$(sluice postgres start --dir /tmp/pg --dsn)\"\n"
      "  sluice postgres stop --dir /tmp/pg");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, auto action) {
    auto* command = postgres->add_subcommand(name, about);
    command->add_option("--dir", options->cluster.folder, "where the cluster lies")->required();
    command->add_flag("--json", options->json, "answer in JSON");
    command->callback(
        [&chosen, options, action] { chosen = [options, action] { return action(*options); }; });
    return command;
  };
  auto* starting = add("start", "Creates it the first time, starts it, waits until it answers.", start);
  starting->add_option("--address", options->cluster.address, "loopback address to listen on")
      ->capture_default_str();
  starting->add_option("--port", options->cluster.port, "port to listen on")
      ->check(CLI::Range(1024, 65535))
      ->capture_default_str();
  starting->add_flag("--dsn", options->dsn, "print the superuser's connection string, password included");
  starting->add_flag("--unsafe-no-fsync", options->no_fsync, "for tests: a power failure loses the cluster");
  add("stop", "Stops it; the data stays.", stop);
  add("remove", "Stops it and removes all its files, after asking.", remove)
      ->add_flag("--yes", options->yes, "do not ask");
  add("status", "Exit code 0 when it runs, 3 when not.", status);
}

}  // namespace cli
