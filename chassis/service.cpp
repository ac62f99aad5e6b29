#include "chassis/service.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "chassis/http_log.hpp"
#include "chassis/startup.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/base/version.hpp"

namespace chassis {
namespace asio = boost::asio;
using namespace std::chrono_literals;

class Service::Impl {
 public:
  Impl(std::string service_name, ServiceConfig service_config)
      : name(std::move(service_name)),
        config(std::move(service_config)),
        clock(base::open_clock(config.test_clock)),
        signals(io, SIGTERM, SIGINT),
        woken(io),
        watchdog(io),
        tasks(io.get_executor()),
        admin_tasks(io.get_executor()),
        admin(io.get_executor(), admin_options()) {
    tasks.on_failure([this](const std::string& task, const std::string& why) {
      if (failure.empty()) failure = "the task '" + task + "' failed: " + why;
      request_stop();
    });
    await_signal();
  }

  mq::net::HttpServerOptions admin_options() const {
    mq::net::HttpServerOptions options;
    options.ip = config.ip;
    options.port = config.admin_port;
    options.body_max = 4096;
    options.connections_max = 100;
    return options;
  }

  void await_signal() {
    signals.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      base::log("service")->info("signal received signal={}", signal);
      // Before it was ready nothing was promised to anybody.
      if (health.stage() == Health::Stage::starting && !waiting) leave(0);
      // Ctrl-C reaches a whole terminal, and then its supervisor sends SIGTERM: that is one wish, not two.
      if (std::exchange(last_signal, signal) == signal) leave(1);
      stop_requested = true;
      woken.cancel();
      await_signal();
    });
  }

  void request_stop() {
    stop_requested = true;
    woken.cancel();
  }

  std::string listen(const std::string& listener, mq::net::HttpServer& server,
                     const mq::net::HttpServerOptions& options) const {
    try {
      const auto port = server.listen();
      const bool v6 = asio::ip::make_address(options.ip).is_v6();
      return "http://" + (v6 ? "[" + options.ip + "]" : options.ip) + ":" + std::to_string(port);
    } catch (const boost::system::system_error& e) {
      throw std::runtime_error(explain_listen(listener, options.ip, options.port, e.code()));
    }
  }

  asio::awaitable<mq::net::HttpResponse> ready() const { co_return health.readyz(); }
  asio::awaitable<mq::net::HttpResponse> due() const { co_return health.due(clock->now()); }
  asio::awaitable<mq::net::HttpResponse> scrape() {
    mq::net::HttpResponse page{.status = 200, .headers = {}, .body = metrics.text()};
    page.headers.emplace("content-type", "text/plain; version=0.0.4; charset=utf-8");
    co_return page;
  }

  void open_admin() {
    admin.route("GET", "/livez", [](mq::net::HttpRequest) -> asio::awaitable<mq::net::HttpResponse> {
      co_return mq::net::text_response(200, "alive\n");
    });
    admin.route("GET", "/readyz", [this](const mq::net::HttpRequest&) { return ready(); });
    admin.route("GET", "/due", [this](const mq::net::HttpRequest&) { return due(); });
    admin.route("GET", "/metrics", [this](const mq::net::HttpRequest&) { return scrape(); });
    admin_url = listen("admin", admin, admin_options());
    admin_tasks.spawn("admin listener", admin.run());
    metrics.set("build_info", "Always 1; the labels tell",
                {{"service", name}, {"version", std::string(base::kVersion)}}, 1);
  }

  asio::awaitable<void> close_admin() {
    // What the checks look at may be gone already.
    health.forget();
    metrics.forget();
    co_await admin.stop(base::deadline_in(100ms));
    co_await admin_tasks.stop();
  }

  asio::awaitable<void> sleep_until_woken(std::chrono::milliseconds at_most) {
    asio::steady_timer& timer = woken;
    timer.expires_after(at_most);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  asio::awaitable<void> wait_until_ready() {
    std::vector<std::string> told;
    while (!stop_requested) {
      const auto problems = health.problems();
      if (problems.empty()) co_return;
      if (problems != told) {
        for (const auto& problem : problems) {
          base::log("service")->warn("not ready yet problem={}", base::log_quoted(problem));
        }
        told = problems;
      }
      co_await sleep_until_woken(20ms);
    }
  }

  void announce(const std::vector<std::pair<std::string, std::string>>& endpoints) const {
    boost::json::object line{
        {"ready", name}, {"pid", static_cast<std::int64_t>(::getpid())}, {"admin", admin_url}};
    for (const auto& [key, value] : endpoints) line[key] = value;
    const std::string text = boost::json::serialize(line) + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  asio::awaitable<void> stop() {
    health.enter(Health::Stage::stopping);
    base::log("service")->info("stopping grace_ms={}", config.stop_grace.count());
    const auto deadline = base::deadline_in(config.stop_grace);
    watchdog.expires_at(deadline);
    watchdog.async_wait([this](boost::system::error_code error) {
      if (error) return;
      std::string left = step_under_way;
      if (left.empty() && tasks.empty()) left = "the body";
      for (const auto& task : tasks.names()) left += (left.empty() ? "" : ", ") + task;
      base::log("service")->error("the stop took longer than its grace, leaving left={}",
                                  base::log_quoted(left));
      leave(1);
    });
    while (!steps.empty()) {
      auto [step_name, step] = std::move(steps.back());
      steps.pop_back();
      step_under_way = step_name;
      co_await run_step(step_name, std::move(step), deadline);
    }
    step_under_way.clear();
    co_await tasks.stop();
    co_await close_admin();
    base::log("service")->info("stopped");
  }

  static asio::awaitable<void> run_step(std::string step_name, StopStep step, base::Deadline deadline) {
    try {
      co_await step(deadline);
    } catch (const std::exception& e) {
      base::log("service")->warn("a step of the stop failed step={} error={}", step_name,
                                 base::log_quoted(e.what()));
    }
  }

  // Ends the process without running what is left: suspended coroutines look at objects that are gone.
  [[noreturn]] static void leave(int code) {
    std::fflush(nullptr);
    std::_Exit(code);
  }

  void complain(const std::string& sentence) const {
    const std::string text = name + ": " + sentence + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  asio::awaitable<int> live(Service& service, std::function<asio::awaitable<void>(Service&)> body) {
    int code = 0;
    try {
      open_admin();
      co_await body(service);
    } catch (const std::exception& e) {
      complain(explain(e));
      code = 1;
    }
    if (!tasks.empty()) leave(1);
    health.enter(Health::Stage::stopping);
    co_await close_admin();
    // Until here a body that hangs after run_until_signalled() was watched too.
    boost::system::error_code ignored;
    signals.cancel(ignored);
    watchdog.cancel();
    co_return code;
  }

  const std::string name;
  const ServiceConfig config;
  const std::unique_ptr<base::Clock> clock;
  const base::RandomSource random = base::system_random();
  asio::io_context io{1};
  asio::signal_set signals;
  asio::steady_timer woken;  // cancelled when a stop is asked for
  asio::steady_timer watchdog;
  base::TaskGroup tasks, admin_tasks;
  mq::net::HttpServer admin;
  std::string admin_url;
  Metrics metrics;
  Health health;
  std::vector<std::pair<std::string, StopStep>> steps;
  std::string step_under_way;
  std::string failure;
  bool waiting = false;  // in run_until_signalled(), which will see a stop that is asked for
  bool stop_requested = false;
  int last_signal = 0;
};

Service::Service(std::string name, ServiceConfig config) {
  base::start_logging(name, config.log);
  impl_ = std::make_unique<Impl>(std::move(name), std::move(config));
}
Service::~Service() = default;

const std::string& Service::name() const { return impl_->name; }
asio::any_io_executor Service::executor() { return impl_->io.get_executor(); }
const base::Clock& Service::clock() const { return *impl_->clock; }
const base::RandomSource& Service::random() const { return impl_->random; }
base::TaskGroup& Service::tasks() { return impl_->tasks; }
Metrics& Service::metrics() { return impl_->metrics; }
void Service::ready_when(Check check) { impl_->health.ready_when(std::move(check)); }
void Service::idle_when(Check check) { impl_->health.idle_when(std::move(check)); }
void Service::next_due(std::function<std::optional<base::Time>()> earliest) {
  impl_->health.next_due(std::move(earliest));
}
void Service::on_stop(std::string name, StopStep step) {
  impl_->steps.emplace_back(std::move(name), std::move(step));
}
void Service::request_stop() { impl_->request_stop(); }

std::string Service::serve(const std::string& name, mq::net::HttpServer& server,
                           const mq::net::HttpServerOptions& options) {
  std::string url;
  try {
    url = impl_->listen(name, server, options);
  } catch (const std::exception& e) {
    // Unwinding would destroy what running tasks look at, and the loudest assertion would be heard in
    // place of this sentence.
    if (impl_->tasks.empty()) throw;
    impl_->complain(explain(e));
    Impl::leave(1);
  }
  observe_http(server, name, impl_->metrics, impl_->random);
  impl_->tasks.spawn(name + " listener", server.run());
  on_stop(name + " listener", [&server](base::Deadline deadline) {
    // A request that does not end is cut off while there is time left to end in good order.
    const auto now = std::chrono::steady_clock::now();
    return server.stop(now + (deadline - now) * 3 / 4);
  });
  return url;
}

asio::awaitable<void> Service::run_until_signalled(
    std::vector<std::pair<std::string, std::string>> endpoints) {
  auto& impl = *impl_;
  impl.waiting = true;
  co_await impl.wait_until_ready();
  if (!impl.stop_requested) {
    impl.health.enter(Health::Stage::running);
    base::log("service")->info("ready admin={}", impl.admin_url);
    impl.announce(endpoints);
  }
  while (!impl.stop_requested) co_await impl.sleep_until_woken(1h);
  co_await impl.stop();
  if (!impl.failure.empty()) throw std::runtime_error(impl.failure);
}

int run(Service& service, std::function<asio::awaitable<void>(Service&)> body) {
  auto& impl = *service.impl_;
  int code = 1;
  asio::co_spawn(impl.io, impl.live(service, std::move(body)),
                 [&code](const std::exception_ptr& error, int result) {
                   if (error) std::rethrow_exception(error);
                   code = result;
                 });
  try {
    impl.io.run();
  } catch (const std::exception& e) {
    // A completion handler of ours threw: nothing is known about what is left.
    impl.complain(explain(e));
    Service::Impl::leave(1);
  }
  return code;
}

int run(base::Settings& settings, int argc, const char* const* argv, const ServiceConfig& config,
        std::function<asio::awaitable<void>(Service&)> body) {
  if (const auto exit = settings.parse(argc, argv)) return *exit;
  std::unique_ptr<Service> service;
  try {
    service = std::make_unique<Service>(settings.program(), config);
  } catch (const std::exception& e) {
    const std::string text = settings.program() + ": " + explain(e) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    return 1;
  }
  return run(*service, std::move(body));
}

}  // namespace chassis
