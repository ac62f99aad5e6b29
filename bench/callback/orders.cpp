#include "bench/callback/orders.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

#include "cli/admin_calls.hpp"
#include "cli/shop.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"

namespace bench {
namespace {

namespace asio = boost::asio;
constexpr int kBuyers = 12;
constexpr int kProducts =
    15;  // of the catalogue, with stock for everyone: rarely two buyers want one row at once
constexpr std::chrono::minutes kIdleLimit{3};
constexpr std::chrono::milliseconds kLookEvery{200};

std::string text(const boost::json::object& from, std::string_view field) {
  return std::string(from.at(field).as_string());
}

// What all buyers share: how many orders are still to be placed, and those that are.
struct Counter {
  int left = 0;
  int placed = 0;
  std::vector<Unpaid> orders;
  std::exception_ptr failed;
};

asio::awaitable<void> buy(mq::net::HttpClient& http, const cli::RunState& state, int buyer,
                          Counter& counter) {
  cli::Shop shop(http, state);
  co_await shop.log_in(fmt::format("bench-{}", buyer));
  while (counter.left > 0 && !counter.failed) {
    --counter.left;
    const auto sku = fmt::format("SKU-{}", 1001 + counter.placed++ % kProducts);
    const auto key = base::uuid_v7(base::SystemClock{}.now(), base::system_random());
    const auto order = co_await shop.place({{sku, 1}}, key);
    const auto order_no = text(order, "order_no");
    const auto payment = co_await shop.start_payment(order_no);
    counter.orders.push_back(
        {order_no, text(payment, "out_trade_no"), order.at("total_fen").to_number<std::int64_t>()});
  }
}

asio::awaitable<void> buy_or_note(mq::net::HttpClient& http, const cli::RunState& state, int buyer,
                                  Counter& counter) {
  try {
    co_await buy(http, state, buyer, counter);
  } catch (const std::exception&) {
    counter.failed = std::current_exception();
  }
}

}  // namespace

asio::awaitable<std::vector<Unpaid>> place_orders(mq::net::HttpClient& http, cli::RunState state, int count) {
  Counter counter;
  counter.left = count;
  base::TaskGroup buyers(co_await asio::this_coro::executor);
  for (int buyer = 0; buyer < kBuyers; ++buyer)
    buyers.spawn("buyer", buy_or_note(http, state, buyer, counter));
  while (!buyers.empty()) co_await base::sleep_for(std::chrono::milliseconds(5));
  if (counter.failed) std::rethrow_exception(counter.failed);
  co_return std::move(counter.orders);
}

asio::awaitable<void> wait_until_idle(mq::net::HttpClient& http, cli::RunState state) {
  const auto deadline = std::chrono::steady_clock::now() + kIdleLimit;
  for (;;) {
    const auto due = cli::together(co_await cli::ask_due(http, state));
    if (due.idle) co_return;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the system does not come to rest: " +
                               (due.busy.empty() ? "" : due.busy.front()));
    }
    co_await base::sleep_for(kLookEvery);
  }
}

}  // namespace bench
