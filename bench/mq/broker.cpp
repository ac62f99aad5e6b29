#include "bench/mq/broker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "bench/mq/load.hpp"
#include "cli/run_coroutine.hpp"
#include "cli/secrets.hpp"
#include "mq/net/http.hpp"

namespace bench {
namespace {

constexpr std::chrono::seconds kReadyLimit{120};  // recovery of a large log included
constexpr std::chrono::seconds kReserveLimit{60};

std::string get(const std::string& url) {
  boost::asio::io_context context;
  mq::net::HttpClient http(context.get_executor());
  std::string body;
  cli::run_coroutine(
      context,
      [](mq::net::HttpClient& client, std::string from, std::string& into) -> boost::asio::awaitable<int> {
        auto answer = co_await client.send("GET", from, {}, {}, base::deadline_in(std::chrono::seconds(10)));
        into = std::move(answer.body);
        co_return 0;
      }(http, url, body));
  return body;
}

// The value of a metric without labels, or with the only set of them there is.
double sample(const std::string& page, const std::string& name) {
  for (auto at = page.find("\n" + name); at != std::string::npos; at = page.find("\n" + name, at + 1)) {
    const auto after = at + 1 + name.size();
    if (page[after] != ' ' && page[after] != '{') continue;
    const auto end = page.find('\n', after);
    const auto line = page.substr(after, end - after);
    return std::stod(line.substr(line.rfind(' ')));
  }
  throw std::runtime_error("the broker has no metric " + name);
}

}  // namespace

Broker::Broker(const Setup& setup) : setup_(setup) {
  cli::Command command;
  command.program = setup.program;
  command.arguments = {"--port=0", "--data=" + setup.data.string(), "--flush=" + setup.flush,
                       "--segment-reserve=" + std::to_string(setup.reserve), "--log-level=warn"};
  if (!setup.retention_size.empty()) command.arguments.push_back("--retention-size=" + setup.retention_size);
  command.errors = setup.data.string() + ".err";
  if (setup.core >= 0) run_on_core(setup.core);
  const auto began = std::chrono::steady_clock::now();
  process_ = std::make_unique<Process>(std::move(command));
  std::string line;
  try {
    line = process_->next_line(kReadyLimit);
  } catch (const std::runtime_error& error) {
    const auto words = cli::read_file(setup.data.string() + ".err");
    throw std::runtime_error(error.what() + (words.empty() ? "" : ". Its last words:\n" + words));
  }
  seconds_to_ready_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (setup.core >= 0) run_on_core(setup.core + 1);
  const auto ready = boost::json::parse(line).as_object();
  port_ = parse_endpoint(std::string(ready.at("broker").as_string())).port;
  name_server_port_ = parse_endpoint(std::string(ready.at("namesrv").as_string())).port;
  metrics_url_ = ready.at("metrics").as_string();
}

Broker::Counters Broker::counters() const {
  const auto page = get(metrics_url_);
  return {sample(page, "sluice_mq_sync_seconds_count"), sample(page, "sluice_mq_segments"),
          sample(page, "sluice_mq_reserve_segments"), sample(page, "sluice_mq_reserve_used_up_total"),
          sample(page, "hot_loop_stall_seconds")};
}

void Broker::wait_for_reserve() const {
  const auto deadline = std::chrono::steady_clock::now() + kReserveLimit;
  while (counters().reserve_ready < setup_.reserve && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void Broker::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void Broker::stop() {
  process_->signal(SIGTERM);
  process_->wait();
}

}  // namespace bench
