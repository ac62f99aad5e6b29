#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

#include "cli/command_line.hpp"
#include "mq/base/version.hpp"

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
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  try {
    return chosen();
  } catch (const std::exception& error) {
    fmt::print(stderr, "sluice: {}\n", error.what());
    return 1;
  }
}
