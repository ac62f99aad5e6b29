#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>

#include "cli/admin_calls.hpp"
#include "cli/clock_command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/duration.hpp"
#include "cli/layout.hpp"
#include "cli/queue_view.hpp"
#include "cli/run_coroutine.hpp"
#include "contracts/time_text.hpp"
#include "mq/base/clock_page.hpp"
#include "mq/client/admin.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

struct Options {
  std::filesystem::path dir = default_root();
  std::string duration;
  bool jump = false, json = false;
};

base::ClockPage open_page(const Options& options) {
  const Layout layout{options.dir};
  if (!std::filesystem::exists(layout.clock())) {
    throw std::runtime_error(
        fmt::format("there is no test clock in {}; start the system with ./run, or name its "
                    "directory with --dir",
                    layout.root.string()));
  }
  return base::ClockPage(layout.clock());
}

int show(const Options& options) {
  const auto page = open_page(options);
  const auto now = contracts::format_time(page.now());
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(
                           boost::json::object{{"now", now}, {"ahead_ms", page.offset().count()}}));
  } else {
    fmt::print("{}  ({} ahead of real time)\n", now, format_duration(page.offset()));
  }
  return 0;
}

// Messages that nobody has handled yet: work that no process may know of. A group without members is
// nobody's, and would hold time up for ever.
asio::awaitable<Due> lag_of_groups(mq::client::Admin& admin) {
  Due due{true, {}, {}};
  try {
    for (const auto& group : co_await view_groups(admin)) {
      if (group.lag() == 0 || group.members.empty()) continue;
      due.idle = false;
      due.busy.push_back(fmt::format("group {}: {} messages behind", group.group, group.lag()));
    }
  } catch (const mq::client::AdminError& error) {
    due = {false, {fmt::format("the queue does not answer ({})", error.what())}, {}};
  }
  co_return due;
}

asio::awaitable<Due> look_around(mq::net::HttpClient& http, mq::client::Admin& admin, RunState state) {
  auto all = co_await ask_due(http, std::move(state));
  all.push_back(co_await lag_of_groups(admin));
  co_return together(all);
}

asio::awaitable<int> advance_on(asio::any_io_executor executor, const Options& options, base::ClockPage& page,
                                std::chrono::milliseconds by) {
  std::vector<std::string> stops;
  co_await advance_clock(executor, options.dir, by, options.jump, [&](base::Time at) {
    stops.push_back(contracts::format_time(at));
    if (!options.json) fmt::print("  {}\n", stops.back());
    std::fflush(stdout);
  });
  if (options.json) {
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"now", contracts::format_time(page.now())},
                                                          {"stops", boost::json::value_from(stops)}}));
  } else {
    fmt::print("It is {} now, and everything has come to rest.\n", contracts::format_time(page.now()));
  }
  co_return 0;
}

int advance(const Options& options) {
  const auto by = parse_duration(options.duration);
  if (!by)
    throw std::runtime_error("\"" + options.duration + "\" is not a duration; write 30s, 15m, 24h or 1d12h");
  read_run_state(Layout{options.dir});  // before the clock is touched
  auto page = open_page(options);
  asio::io_context context(1);
  return run_coroutine(context, advance_on(context.get_executor(), options, page, *by));
}
}  // namespace

asio::awaitable<void> advance_clock(asio::any_io_executor executor, std::filesystem::path dir,
                                    std::chrono::milliseconds by, bool jump,
                                    std::function<void(base::Time)> stopped_at) {
  auto page = open_page(Options{.dir = dir, .duration = {}});
  const auto state = read_run_state(Layout{dir});
  mq::net::HttpClient http(executor);
  mq::client::Client client(executor, queue_at(state.name_server));
  mq::client::Admin admin(client);
  TimeTravel::World world;
  world.now = [&page] { return page.now(); };
  world.advance = [&page](std::chrono::milliseconds step) { page.advance(step); };
  world.look = [&http, &admin, &state] { return look_around(http, admin, state); };
  world.stopped_at = std::move(stopped_at);
  TimeTravel travel(world, {});
  const auto target = page.now() + by;
  std::exception_ptr failed;
  try {
    if (jump) co_await travel.jump_to(target);
    if (!jump) co_await travel.step_to(target);
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await client.stop();
  if (failed) std::rethrow_exception(failed);
}

void add_clock(CLI::App& app, Chosen& chosen) {
  auto* clock = app.add_subcommand("clock", "The business clock: look at it, move it forward.");
  clock->require_subcommand(1);
  clock->footer(
      "Examples:\n"
      "  sluice clock show\n"
      "  sluice clock advance 24h          stops at everything that is due on the way\n"
      "  sluice clock advance 1d --jump    in one leap; what is overdue happens in its order");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about, auto action) {
    auto* command = clock->add_subcommand(name, about);
    command->add_option("--dir", options->dir, "the system's directory")->capture_default_str();
    command->add_flag("--json", options->json, "answer in JSON");
    command->callback(
        [&chosen, options, action] { chosen = [options, action] { return action(*options); }; });
    return command;
  };
  add("show", "The time that orders and deadlines live in.", show);
  auto* moving = add("advance", "Lets time pass; it never goes back.", advance);
  moving->add_option("DURATION", options->duration, "30s, 15m, 24h, 1d12h")->required();
  moving->add_flag("--jump", options->jump, "in one leap");
}

}  // namespace cli
