#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/health.hpp"
#include "chassis/metrics.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/aio/with_deadline.hpp"
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
  bool insecure_public = false;  // listeners may leave loopback
};
void add_settings(base::Settings& settings, ServiceConfig& config);
void add_settings(base::Settings& settings, DatabaseOptions& options);
void add_settings(base::Settings& settings, mq::client::ClientOptions& options);
// A listener: "<table>.ip", "<table>.port" and its limits.
void add_settings(base::Settings& settings, const std::string& table, mq::net::HttpServerOptions& options,
                  const ServiceConfig& service);

// The process of one service: one executor thread, a clock, a task group, an admin listener.
//
//   asio::awaitable<void> serve(Service& service, const Config& config) {
//     Database database(service.executor(), config.database);
//     watch(service, database);
//     mq::net::HttpServer api(service.executor(), config.api);
//     api.route("GET", "/orders/{order_no}", …);
//     const auto url = service.serve("api", api, config.api);
//     co_await service.run_until_signalled({{"api", url}});
//   }
//   int main(int argc, char** argv) {
//     …
//     return run(settings, argc, argv, config.service, [&](Service& s) { return serve(s, config); });
//   }
//
// Invariant: when run_until_signalled() returns, no task, listener, check or refresher is left that
// could look at the body's objects. A body that ends otherwise while tasks run ends the process.
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
  // A task that fails stops the service, in good order, with exit code 1: half a service is worse than
  // a restarted one.
  base::TaskGroup& tasks();
  Metrics& metrics();

  // /readyz answers 503 with every problem in JSON while one of these has one.
  void ready_when(Check check);
  // The business clock may only be advanced while all processes are idle: /due answers
  // {"idle":…, "busy":["outbox: 3 unsent"], "next_due_ms":…}.
  void idle_when(Check check);
  void next_due(std::function<std::optional<base::Time>()> earliest);

  // A step of the stop: let work in flight finish until the deadline, then end. The steps run one after
  // another, the newest first, before tasks() is cancelled; one that throws is logged and passed over.
  using StopStep = std::function<boost::asio::awaitable<void>(base::Deadline)>;
  void on_stop(std::string name, StopStep step);

  // Puts a listener to work: binds it, gives each request a trace (see http_log.hpp), logs and counts
  // requests, stops it in good order. `options` are those it was made with. Returns "http://ip:port".
  // A port that cannot be had is one sentence: thrown as std::runtime_error, or the end of the process
  // when tasks run already.
  std::string serve(const std::string& name, mq::net::HttpServer& server,
                    const mq::net::HttpServerOptions& options);

  // Waits until no ready_when() check has a problem, prints one JSON line with `endpoints` on standard
  // output ({"ready":"order-service","pid":…,"admin":"http://…", …}), waits for SIGTERM or SIGINT, then
  // stops: not ready any more, the stop steps, the tasks, the admin listener. Whatever takes longer
  // than stop_grace, and the same signal again, end the process at once with exit code 1.
  // Throws std::runtime_error when the reason was a task that failed.
  boost::asio::awaitable<void> run_until_signalled(
      std::vector<std::pair<std::string, std::string>> endpoints);
  // The same stop without a signal.
  void request_stop();

 private:
  friend int run(Service& service, std::function<boost::asio::awaitable<void>(Service&)> body);
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Serves the admin listener and runs `body` on the service's executor to its end. Exit code 0 after a
// clean stop; 1 with one sentence on standard error when it threw.
int run(Service& service, std::function<boost::asio::awaitable<void>(Service&)> body);

// A whole main: settings from the command line, the service they describe, its run. Returns the exit
// code: also 0 after --help and its like, and 2 after wrong settings.
int run(base::Settings& settings, int argc, const char* const* argv, const ServiceConfig& config,
        std::function<boost::asio::awaitable<void>(Service&)> body);

}  // namespace chassis
