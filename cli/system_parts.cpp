#include "cli/system_parts.hpp"

#include <fmt/format.h>
#include <signal.h>

#include "cli/console.hpp"
#include "cli/processes.hpp"
#include "cli/provision.hpp"

namespace cli {
namespace {
using namespace std::chrono_literals;

Supervisor::Part postgres_part(const Layout& layout, const std::shared_ptr<PostgresCluster>& cluster) {
  const std::string name(kPostgres);
  Supervisor::Part part;
  part.process = {.name = name,
                  .command =
                      [cluster] {
                        cluster->prepare();
                        return cluster->server(Command::Lifetime::ends_with_us);
                      },
                  .ready = [cluster] { return cluster->answers(); },
                  .stop_signal = SIGINT,
                  .output = layout.logs() / (name + ".out"),
                  .pid_file = layout.pid_of(name),
                  .ready_limit = 120s};
  part.logs = {cluster->log()};
  part.when_ready = [cluster, layout] {
    std::vector<Tenant> tenants;
    for (const auto& service : database_services()) {
      tenants.push_back({role_of(service), layout.secrets() / (service + ".pgpass")});
    }
    provision(cluster->connection_string(), std::string(kDatabase), tenants);
  };
  return part;
}

Supervisor::Part program_part(const ProcessSpec& spec, const Layout& layout) {
  Supervisor::Part part;
  part.process = {.name = spec.name,
                  .command =
                      [spec, layout] {
                        Command command;
                        command.program = layout.bin() / spec.name;
                        command.arguments = spec.arguments;
                        command.errors = layout.errors_of(spec.name);
                        return command;
                      },
                  .ready = {},
                  .stop_signal = SIGTERM,
                  .output = layout.logs() / (spec.name + ".out"),
                  .pid_file = layout.pid_of(spec.name),
                  .ready_limit = 120s};
  part.logs = {layout.errors_of(spec.name), layout.log_of(spec.name)};
  return part;
}
}  // namespace

ClusterOptions cluster_options(const SystemSettings& system, const Layout& layout) {
  ClusterOptions options;
  options.folder = layout.postgres();
  options.address = system.ip;
  options.port = system.ports.postgres;
  return options;
}

std::vector<Supervisor::Part> system_parts(const SystemSettings& system, const Layout& layout,
                                           const std::shared_ptr<PostgresCluster>& cluster) {
  std::vector<Supervisor::Part> parts{postgres_part(layout, cluster)};
  for (const auto& spec : processes(system, layout)) parts.push_back(program_part(spec, layout));
  return parts;
}

std::string welcome(const SystemSettings& system, const Layout& layout, const RunState& state,
                    const std::string& program) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& listener : all_listeners(system, layout)) {
    if (listener.setting == "ports.admin") continue;
    const bool http = listener.setting.ends_with("_api") || listener.setting == "ports.sandbox";
    rows.push_back(
        {"  " + listener.what, fmt::format("{}{}:{}", http ? "http://" : "", system.ip, listener.port)});
  }
  std::string text = fmt::format("\n{} {} processes, everything below {} (kept under 4 GB)\n\n{}\n",
                                 paint(Colour::green, "Sluice is up:"), state.processes.size(),
                                 layout.root.string(), format_table(rows));
  text += "Try next, in another terminal:\n";
  const auto root = layout.root.string();
  const auto where = default_root().lexically_normal() == layout.root ? "" : " --dir " + root;
  const auto line = [&](const std::string& words, const std::string& about) {
    return std::vector<std::string>{fmt::format("  {} {}{}", program, words, where), about};
  };
  const std::vector<std::vector<std::string>> examples{
      line("status", "processes, health, lag of every consumer group"),
      line("demo", "three orders: shipped, closed unpaid, paid too late and refunded"),
      line("logs order-service -f", "what a service writes"),
      line("mq topics", "what is in the queue"),
      line("clock advance 24h", "let a day pass: unpaid orders are closed"),
      line("down", "stop everything; the data stays")};
  return text + format_table(examples) + "\n";
}

}  // namespace cli
