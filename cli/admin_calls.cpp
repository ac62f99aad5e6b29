#include "cli/admin_calls.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

namespace cli {
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kPatience = 3s;

// {"problems":["database: …"]} or whatever else stands in a 503.
std::vector<std::string> problems_in(const std::string& body) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  std::vector<std::string> problems;
  if (!error && value.is_object()) {
    for (const auto& [key, field] : value.get_object()) {
      if (!field.is_array()) continue;
      for (const auto& one : field.get_array()) {
        problems.push_back(one.is_string() ? std::string(one.get_string()) : boost::json::serialize(one));
      }
    }
  }
  if (problems.empty()) problems.push_back(body.substr(0, 200));
  return problems;
}
}  // namespace

asio::awaitable<Health> ask_health(mq::net::HttpClient& http, std::string admin_url) {
  Health health;
  try {
    const auto answer =
        co_await http.send("GET", admin_url + "/readyz", {}, {}, base::deadline_in(kPatience));
    health.ready = answer.status == 200;
    if (!health.ready) health.problems = problems_in(answer.body);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    health.problems.push_back("does not answer: " + error.code().message());
  }
  co_return health;
}

asio::awaitable<std::vector<Due>> ask_due(mq::net::HttpClient& http, RunState state) {
  std::vector<Due> all;
  for (const auto& process : state.processes) {
    const auto admin = RunState::admin_of(process);
    if (admin.empty()) continue;
    std::string trouble;
    try {
      const auto answer = co_await http.send("GET", admin + "/due", {}, {}, base::deadline_in(kPatience));
      if (answer.status == 200) {
        all.push_back(parse_due(process.name, answer.body));
        continue;
      }
      trouble = fmt::format("answers {}", answer.status);
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      trouble = error.code().message();
    }
    // It may be on its way back up. Whoever waits for rest waits for it, and names it when it stays away.
    all.push_back(
        {false,
         {fmt::format("{} does not say what is due ({}), see sluice status", process.name, trouble)},
         {}});
  }
  co_return all;
}

}  // namespace cli
