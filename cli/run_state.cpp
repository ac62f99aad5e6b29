#include "cli/run_state.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <cerrno>
#include <stdexcept>

#include "cli/secrets.hpp"

namespace cli {
namespace json = boost::json;

// The queue is a program of its own: its listener is named for what upstream's tools read there.
std::string RunState::admin_of(const Process& process) {
  if (const auto admin = process.endpoints.find("admin"); admin != process.endpoints.end())
    return admin->second;
  const auto metrics = process.endpoints.find("metrics");
  if (metrics == process.endpoints.end()) return {};
  return metrics->second.substr(0, metrics->second.rfind('/'));
}

std::string RunState::endpoint(const std::string& process, const std::string& what) const {
  for (const auto& one : processes) {
    if (one.name != process) continue;
    const auto found = one.endpoints.find(what);
    return found == one.endpoints.end() ? std::string{} : found->second;
  }
  return {};
}

void write_run_state(const Layout& layout, const RunState& state) {
  json::array processes;
  for (const auto& process : state.processes) {
    json::object endpoints;
    for (const auto& [what, where] : process.endpoints) endpoints[what] = where;
    processes.push_back(json::object{{"name", process.name},
                                     {"state", process.state},
                                     {"pid", process.pid},
                                     {"restarts", process.restarts},
                                     {"endpoints", std::move(endpoints)}});
  }
  const json::object whole{{"name_server", state.name_server}, {"processes", std::move(processes)}};
  write_private_file(layout.state(), json::serialize(whole));
}

mq::client::ClientOptions queue_at(std::string name_server) {
  mq::client::ClientOptions options;
  options.name_servers = {std::move(name_server)};
  return options;
}

std::optional<Identity> running_supervisor(const Layout& layout) {
  const auto supervisor = read_pid_file(layout.pid_of("sluice"));
  return supervisor && is_alive(*supervisor) ? supervisor : std::nullopt;
}

RunState read_run_state(const Layout& layout) {
  boost::system::error_code error;
  const auto whole = json::parse(read_file(layout.state()), error);
  const auto supervisor = running_supervisor(layout);
  if (supervisor && ::access(layout.state().c_str(), R_OK) != 0 && errno == EACCES) {
    throw std::runtime_error(fmt::format(
        "what runs in {} belongs to another user; ask as that user, or as root", layout.root.string()));
  }
  if (error || !supervisor) {
    throw std::runtime_error(fmt::format(
        "nothing runs in {}; start it with ./run, or name the directory with --dir", layout.root.string()));
  }
  RunState state;
  state.name_server = json::value_to<std::string>(whole.at("name_server"));
  for (const auto& one : whole.at("processes").as_array()) {
    auto& process = state.processes.emplace_back();
    process.name = json::value_to<std::string>(one.at("name"));
    process.state = json::value_to<std::string>(one.at("state"));
    process.pid = static_cast<pid_t>(one.at("pid").to_number<std::int64_t>());
    process.restarts = static_cast<int>(one.at("restarts").to_number<std::int64_t>());
    for (const auto& [what, where] : one.at("endpoints").as_object()) {
      process.endpoints[std::string(what)] = json::value_to<std::string>(where);
    }
  }
  return state;
}

}  // namespace cli
