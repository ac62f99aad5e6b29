#include "cli/up.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "cli/console.hpp"
#include "cli/event_feed.hpp"
#include "cli/identity.hpp"
#include "cli/keys.hpp"
#include "cli/postgres_cluster.hpp"
#include "cli/preflight.hpp"
#include "cli/processes.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/system_parts.hpp"
#include "contracts/topics.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/base/log.hpp"
#include "mq/client/client.hpp"

namespace cli {
namespace asio = boost::asio;

namespace {
constexpr int kNameWidth = 20;

void say(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);
}

Supervisor::Report console_report() {
  return {
      .starting = [](const std::string& name) { say(fmt::format("  {:<{}}", name, kNameWidth)); },
      .ready =
          [](const std::string&, std::chrono::milliseconds took) {
            say(fmt::format("{} in {} ms\n", paint(Colour::green, "ready"), took.count()));
          },
      .recovered = [](const std::string& name) { say(fmt::format("sluice: {} is back\n", name)); },
      .trouble =
          [](const std::string& sentence) { say("\n" + paint(Colour::red, "sluice: ") + sentence + "\n"); }};
}

// Ctrl-C waits until somebody heeds it: what the start has begun, such as the first making of the database,
// is finished, and then stopped in order.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held, signal);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { release(); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  void release() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// What a process wrote in an earlier run stays beside what it writes in this one.
void keep_last_words(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) std::filesystem::rename(file, file.string() + ".1");
}

// What has to be true before the first process is started.
void prepare(const SystemSettings& system, const Layout& layout) {
  clear_leftovers(layout, [](const std::string& name) {
    say(fmt::format("  {} of an earlier run is still alive; stopping it\n", name));
  });
  check_disk(layout);
  check_ports(system.ip, all_listeners(system, layout));
  std::vector<std::string> programs{"sluice"};
  for (const auto& process : processes(system, layout)) {
    programs.push_back(process.name);
    keep_last_words(layout.errors_of(process.name));
  }
  copy_programs(programs, program_folder(), layout.bin());
  const base::ClockPage clock(layout.clock());  // made by us, so that every process finds it
  make_keys(layout.secrets());
}

std::string program_for_people() {
  const auto full = program_folder() / "sluice";
  std::error_code none;
  const auto shorter = std::filesystem::relative(full, std::filesystem::current_path(none), none);
  return none || shorter.empty() || *shorter.begin() == ".." ? full.string() : shorter.string();
}

asio::awaitable<void> show_events(std::string name_server) {
  auto executor = co_await asio::this_coro::executor;
  mq::client::Client client(executor, queue_at(std::move(name_server)));
  mq::client::Admin admin(client);
  using namespace contracts::topic;
  std::vector<std::string> topics;
  for (const auto topic : {kOrderEvents, kRewardEvents, kPushEvents, kFulfilmentEvents})
    topics.emplace_back(topic);
  EventFeed feed(admin, std::move(topics),
                 [](const mq::ReceivedMessage& message) { say(format_event(message) + "\n"); });
  std::exception_ptr ended;
  try {
    co_await feed.run(EventFeed::From::now);
  } catch (const boost::system::system_error&) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state();
  co_await client.stop();
  if (ended) std::rethrow_exception(ended);
}

// The first signal asks, the second one insists.
asio::awaitable<void> heed_signals(asio::signal_set& signals, Supervisor& supervisor) {
  for (int count = 0;; ++count) {
    co_await signals.async_wait(asio::use_awaitable);
    if (count == 0) {
      say("\nStopping; the data stays. (Ctrl-C again to hurry.)\n");
      supervisor.request_stop();
    } else {
      supervisor.hurry();
    }
  }
}

// What happens once all processes are ready. All it is given outlives the supervision.
asio::awaitable<void> welcome_people(const SystemSettings& system, const Layout& layout,
                                     const Supervisor& supervisor, Background* background, bool& came_up) {
  came_up = true;
  say(welcome(system, layout, supervisor.state(), program_for_people()));
  if (background != nullptr) {
    background->release(layout.log_of("sluice"));
  } else {
    co_await show_events(supervisor.state().name_server);
  }
}

asio::awaitable<int> supervise(base::TaskGroup& tasks, asio::signal_set& signals, Supervisor& supervisor,
                               std::function<asio::awaitable<void>()> all_ready) {
  tasks.spawn("signals", heed_signals(signals, supervisor));
  int code = 1;
  std::exception_ptr failed;
  try {
    code = co_await supervisor.run(std::move(all_ready));
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await tasks.stop();  // also then: who waits for signals would keep the program alive
  if (failed) std::rethrow_exception(failed);
  co_return code;
}
}  // namespace

int run_up(const SystemSettings& system, Background* background) {
  const Layout layout{std::filesystem::absolute(system.dir).lexically_normal()};
  HeldSignals signals_held;
  make_folders(layout);
  const DirectoryLock lock(layout);
  write_pid_file(layout.pid_of("sluice"), *identify(::getpid()));
  prepare(system, layout);
  base::start_logging("sluice", {.level = "warn", .json = true, .file = layout.log_of("sluice-client")});
  const auto cluster = std::make_shared<PostgresCluster>(cluster_options(system, layout));
  if (!cluster->exists()) say("Creating the database cluster (once) ...\n");
  cluster->prepare();

  asio::io_context context(1);
  RunState state;
  state.name_server = fmt::format("{}:{}", system.ip, system.ports.name_server);
  Supervisor supervisor(context.get_executor(), layout, state, system_parts(system, layout, cluster),
                        console_report());
  bool came_up = false;
  const auto all_ready = [&] { return welcome_people(system, layout, supervisor, background, came_up); };
  asio::signal_set signals(context, SIGINT, SIGTERM, SIGHUP);
  signals_held.release();
  base::TaskGroup tasks(context.get_executor());
  const int code = run_coroutine(context, supervise(tasks, signals, supervisor, all_ready));
  std::error_code none;
  std::filesystem::remove(layout.pid_of("sluice"), none);
  if (code == 0 && !came_up) {
    say("Stopped before everything was ready.\n");
    return 1;
  }
  say(code == 0 ? "Everything has stopped.\n" : "Everything has been stopped.\n");
  return code;
}

}  // namespace cli
