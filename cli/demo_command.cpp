#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <memory>

#include "cli/clock_command.hpp"
#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/demo.hpp"
#include "cli/layout.hpp"
#include "cli/run_coroutine.hpp"
#include "contracts/time_text.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;

// The story goes on when a process is killed in the middle of it: sluice up brings it back in seconds.
constexpr std::chrono::seconds kPatience{30};

struct Options {
  std::filesystem::path dir = default_root();
  bool json = false;
};

asio::awaitable<int> tell(asio::any_io_executor executor, const Options& options) {
  const auto state = read_run_state(Layout{options.dir});
  mq::net::HttpClient http(executor);
  Shop shop(http, state, kPatience);
  mq::client::Client client(executor, queue_at(state.name_server));
  mq::client::Admin admin(client);
  const auto say = [&options](const std::string& line) {
    if (options.json) return;
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  const auto let_time_pass = [&](std::chrono::milliseconds span) {
    return advance_clock(executor, options.dir, span, false,
                         [&say](base::Time at) { say("  it is " + contracts::format_time(at)); });
  };
  Demo demo(shop, admin, say, let_time_pass);
  std::vector<std::string> wrong;
  std::exception_ptr failed;
  try {
    wrong = co_await demo.run();
  } catch (const std::exception&) {
    failed = std::current_exception();
  }
  co_await client.stop();
  if (failed) std::rethrow_exception(failed);
  if (options.json) {
    fmt::print("{}\n", boost::json::serialize(boost::json::object{
                           {"agree", wrong.empty()}, {"wrong", boost::json::value_from(wrong)}}));
  }
  say(wrong.empty() ? "\nThey agree."
                    : fmt::format("\nThey do not agree: {} of the above are wrong.", wrong.size()));
  co_return wrong.empty() ? 0 : 1;
}
}  // namespace

void add_demo(CLI::App& app, Chosen& chosen) {
  auto* demo =
      app.add_subcommand("demo", "Tells the story of three orders, and checks that all books agree.");
  demo->footer(
      "Needs a running system (./run). The test clock moves a day ahead, and stays there.\n"
      "Exit code 0 only when the database, the queue and the third parties' ledgers tell the same story.");
  auto options = std::make_shared<Options>();
  demo->add_option("--dir", options->dir, "the system's directory")->capture_default_str();
  demo->add_flag("--json", options->json, "only the verdict, in JSON");
  demo->callback([&chosen, options] {
    chosen = [options] {
      asio::io_context context(1);
      return run_coroutine(context, tell(context.get_executor(), *options));
    };
  });
}

}  // namespace cli
