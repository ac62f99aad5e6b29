#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/layout.hpp"
#include "cli/system_settings.hpp"

namespace cli {

// A port a process listens on, and the setting that moves it.
struct Listener {
  std::string what;     // "order API"
  std::string setting;  // "ports.order_api"
  std::uint16_t port = 0;
};

// One program of the system, as data: how it is started and what it listens on.
struct ProcessSpec {
  std::string name;  // also of the binary, its log and its pid file
  std::vector<std::string> arguments;
  std::vector<Listener> listeners;
};

inline constexpr std::string_view kBroker = "sluice-mq";
inline constexpr std::string_view kPostgres = "postgres";
inline constexpr std::string_view kDatabase = "sluice";

// In the order they are started; they are stopped in the reverse order.
std::vector<ProcessSpec> processes(const SystemSettings& system, const Layout& layout);

// The services that have a schema and a role in the database, both named after the service with '_'.
const std::vector<std::string>& database_services();
std::string role_of(const std::string& service);

// All listeners, PostgreSQL's among them.
std::vector<Listener> all_listeners(const SystemSettings& system, const Layout& layout);

}  // namespace cli
