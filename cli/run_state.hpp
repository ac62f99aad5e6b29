#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/identity.hpp"
#include "cli/layout.hpp"
#include "mq/client/options.hpp"

namespace cli {

// What the supervisor tells the other commands, in var/run/state.json: they need no settings of their own.
struct RunState {
  struct Process {
    std::string name;
    std::string state;  // waiting, starting, ready, dead, restarting, stopping
    pid_t pid = 0;
    int restarts = 0;
    std::map<std::string, std::string> endpoints;  // as the process printed them: "admin" -> "http://…"
  };
  std::string name_server;  // host:port
  std::vector<Process> processes;

  // Where a process answers /readyz and /due; "" when it does nowhere.
  static std::string admin_of(const Process& process);
  // Of a process' endpoint; "" when it has none.
  [[nodiscard]] std::string endpoint(const std::string& process, const std::string& what) const;
};

void write_run_state(const Layout& layout, const RunState& state);

// Throws std::runtime_error with a sentence when nothing runs there, or it is another user's.
RunState read_run_state(const Layout& layout);

// How to reach the queue through this name server.
mq::client::ClientOptions queue_at(std::string name_server);

// The supervisor that holds the directory, if one does.
std::optional<Identity> running_supervisor(const Layout& layout);

}  // namespace cli
