#include "order-service/overdue_sweep.hpp"

#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/log.hpp"
#include "order-service/order_store.hpp"

namespace order {
namespace {

constexpr std::chrono::minutes kOverdue{1};
constexpr std::chrono::seconds kPatience{30};

}  // namespace

OverdueSweep::OverdueSweep(chassis::Database& database, CloseOrder& close_order, chassis::Metrics& metrics,
                           const base::Clock& clock, base::RandomSource random)
    : database_(database),
      close_order_(close_order),
      metrics_(metrics),
      clock_(clock),
      random_(std::move(random)) {}

boost::asio::awaitable<void> OverdueSweep::close(std::string order_no) {
  const Cause cause{.now = clock_.now(), .actor = "sweep", .traceparent = {}, .random = random_};
  const auto outcome = co_await close_order_(order_no, Event::payment_timed_out, cause);
  if (outcome == Closed::gateway_unknown) {
    // The order stays overdue, and this job stays its only one: no storm on a silent gateway.
    co_await base::sleep_for(kPatience);
    co_return;
  }
  if (outcome != Closed::closed) co_return;
  metrics_.count("order_closed_by_sweep_total", "Unpaid orders whose delay message did not close them", {});
  base::log("sweep")->warn("closed an order whose delay message did not come order_no={}", order_no);
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> OverdueSweep::due(base::Time now,
                                                                             std::size_t limit) {
  const auto overdue = co_await database_.transact([now, limit](chassis::Transaction& tx) {
    return overdue_orders(tx, now - kOverdue, static_cast<std::int64_t>(limit));
  });
  std::vector<Job> jobs;
  for (const auto& order_no : overdue)
    jobs.push_back({order_no, [this, order_no] { return close(order_no); }});
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> OverdueSweep::next_due() {
  // The delay messages are what orders wait for; a net has no time of its own.
  co_return std::nullopt;
}

}  // namespace order
