#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "chassis/database.hpp"
#include "chassis/metrics.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/base/log.hpp"
#include "mq/base/settings.hpp"
#include "mq/client/options.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// What every service can be told.
struct ServiceConfig {
  std::string ip = "127.0.0.1";
  std::uint16_t admin_port = 0;      // /livez /readyz /metrics /due; a listener of its own
  std::filesystem::path test_clock;  // the shared clock page; empty: system time
  std::chrono::milliseconds stop_grace{8000};
  base::LogOptions log;
};
void add_settings(base::Settings& settings, ServiceConfig& config);
void add_settings(base::Settings& settings, DatabaseOptions& options);
void add_settings(base::Settings& settings, mq::client::ClientOptions& options);

// Reasons why a service is not ready, or not idle; each component adds its own check.
struct Check {
  std::string name;
  std::function<std::string()> problem;  // "" when all is well; cheap, on the executor
};

// The process of one service: one executor thread, a clock, a task group, an admin listener.
//
// Thread rule: everything runs on executor().
class Service {
 public:
  Service(std::string name, ServiceConfig config);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] boost::asio::any_io_executor executor();
  [[nodiscard]] const base::Clock& clock() const;
  [[nodiscard]] const base::RandomSource& random() const;
  base::TaskGroup& tasks();
  Metrics& metrics();

  // /readyz answers 503 with every problem in JSON while one of these has one.
  void ready_when(Check check);
  // The business clock may only be advanced while all processes are idle: /due answers
  // {"idle":…, "busy":["outbox: 3 unsent"], "next_due_ms":…}.
  void idle_when(Check check);
  void next_due(std::function<std::optional<base::Time>()> earliest);

  // Serves the admin listener, prints one JSON line with `endpoints` on standard output when ready
  // ({"ready":"order-service","admin":"http://…", …}), waits for SIGTERM or SIGINT, then stops the tasks.
  boost::asio::awaitable<void> run_until_signalled(
      std::vector<std::pair<std::string, std::string>> endpoints);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs `body` on the service's executor to its end. Exit code 0 after a clean stop; 1 with one
// sentence on standard error when it threw.
int run(Service& service, std::function<boost::asio::awaitable<void>(Service&)> body);

}  // namespace chassis
