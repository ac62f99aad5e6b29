#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "mq/base/log.hpp"
#include "mq/base/settings_value.hpp"
#include "mq/base/version.hpp"

namespace {

// One sentence that names the wrong word, which the parser's own does not for a command that is missing.
int refuse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string called = app.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    called += " " + command->get_name();
  }
  std::string said = error.what();
  const auto words = app.remaining(true);
  const auto below = command->get_subcommands([](const CLI::App*) { return true; });
  if (!below.empty() && !words.empty()) {
    std::vector<std::string> known;
    for (const auto* one : below) known.push_back(one->get_name());
    const auto near = base::did_you_mean(words.front(), known);
    said = fmt::format("there is no {} {}{}", called, words.front(),
                       near.empty() ? "" : "; did you mean " + near + "?");
  }
  fmt::print(stderr, "sluice: {}{} see {} --help\n", said, said.ends_with('?') ? "" : ";", called);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sluice: an order system around a message queue.", "sluice");
  app.set_version_flag("--version", "sluice " + std::string(base::kVersion));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  sluice up                   start everything, and show events as they happen\n"
      "  sluice demo                 three orders: shipped, closed unpaid, paid too late and refunded\n"
      "  sluice status               processes, health, lag of every consumer group\n"
      "  sluice logs order-service -f\n"
      "  sluice clock advance 24h    let a day pass; unpaid orders are closed\n"
      "  sluice down                 stop it when it runs in the background\n"
      "Each command explains itself: sluice COMMAND --help");
  cli::Chosen chosen;
  cli::add_up(app, chosen);
  cli::add_watching(app, chosen);
  cli::add_demo(app, chosen);
  cli::add_order(app, chosen);
  cli::add_clock(app, chosen);
  cli::add_mq(app, chosen);
  cli::add_postgres(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? app.exit(error) : refuse(app, error);
  }
  // A command says once, in its own words, what went wrong.
  base::log("mq.client")->set_level(spdlog::level::off);
  try {
    return chosen();
  } catch (const std::exception& error) {
    fmt::print(stderr, "sluice: {}\n", cli::sentence_of(error));
    return 1;
  }
}
