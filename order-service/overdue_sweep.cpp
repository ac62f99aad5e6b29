#include "order-service/overdue_sweep.hpp"

#include "mq/base/log.hpp"
#include "order-service/order_store.hpp"

namespace order {
namespace {

constexpr std::chrono::minutes kOverdue{1};
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kLeftAloneMax = 64;

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
    left_alone_[order_no] = base::deadline_in(kPatience);
    co_return;
  }
  if (outcome != Closed::closed) co_return;
  metrics_.count("order_closed_by_sweep_total", "Unpaid orders whose delay message did not close them", {});
  base::log("sweep")->warn("closed an order whose delay message did not come order_no={}", order_no);
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> OverdueSweep::due(base::Time now,
                                                                             std::size_t limit) {
  std::erase_if(left_alone_, [real_now = std::chrono::steady_clock::now()](const auto& order) {
    return order.second <= real_now;
  });
  std::vector<Job> jobs;
  if (left_alone_.size() >= kLeftAloneMax) co_return jobs;
  const auto overdue =
      co_await database_.transact([now, most = limit + left_alone_.size()](chassis::Transaction& tx) {
        return overdue_orders(tx, now - kOverdue, static_cast<std::int64_t>(most));
      });
  for (const auto& order_no : overdue) {
    if (jobs.size() == limit) break;
    if (left_alone_.contains(order_no)) continue;
    jobs.push_back({order_no, [this, order_no] { return close(order_no); }});
  }
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> OverdueSweep::next_due() {
  // The delay messages are what orders wait for; a net has no time of its own.
  co_return std::nullopt;
}

}  // namespace order
