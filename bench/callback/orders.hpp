#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/run_state.hpp"
#include "mq/net/http.hpp"

namespace bench {

// An order that waits for its money.
struct Unpaid {
  std::string order_no, out_trade_no;
  std::int64_t total_fen = 0;
};

// Places orders and starts their payments over the API, some at a time, as that many buyers would. Throws
// std::runtime_error with the service's words when one is refused.
boost::asio::awaitable<std::vector<Unpaid>> place_orders(mq::net::HttpClient& http, cli::RunState state,
                                                         int count);

// Waits until no process has anything left to do. Throws std::runtime_error when that takes too long.
boost::asio::awaitable<void> wait_until_idle(mq::net::HttpClient& http, cli::RunState state);

}  // namespace bench
