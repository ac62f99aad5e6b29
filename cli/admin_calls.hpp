#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

#include "cli/due.hpp"
#include "cli/run_state.hpp"
#include "mq/net/http.hpp"

namespace cli {

// What the running processes say on their admin listeners.
struct Health {
  bool ready = false;
  std::vector<std::string> problems;  // why not
};

// GET /readyz. A process that does not answer is not ready, and that is its problem.
boost::asio::awaitable<Health> ask_health(mq::net::HttpClient& http, std::string admin_url);

// GET /due of every process that has an admin listener. One that does not answer is busy: time must not
// pass it by.
boost::asio::awaitable<std::vector<Due>> ask_due(mq::net::HttpClient& http, RunState state);

}  // namespace cli
