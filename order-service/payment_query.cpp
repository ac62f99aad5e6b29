#include "order-service/payment_query.hpp"

#include <array>

#include "mq/base/log.hpp"
#include "order-service/payment_store.hpp"
#include "order-service/record_payment.hpp"
#include "order-service/trade_state.hpp"

namespace order {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<milliseconds, 4> kQueriesAt = {seconds{10}, seconds{30}, minutes{2}, minutes{10}};

}  // namespace

milliseconds first_query_after() { return kQueriesAt.front(); }

std::optional<milliseconds> next_query_after(std::int64_t queries) {
  const auto done = static_cast<std::size_t>(queries);
  if (done >= kQueriesAt.size()) return std::nullopt;
  return kQueriesAt.at(done) - kQueriesAt.at(done - 1);
}

PaymentQuery::PaymentQuery(chassis::Database& database, AlipayGateway& gateway, chassis::Outbox& outbox,
                           const base::Clock& clock, base::RandomSource random, chassis::Expect refund_at)
    : database_(database),
      gateway_(gateway),
      outbox_(outbox),
      clock_(clock),
      random_(std::move(random)),
      refund_at_(std::move(refund_at)) {}

boost::asio::awaitable<void> PaymentQuery::ask(Attempt attempt) {
  const auto trade = co_await ask_trade(gateway_, attempt.out_trade_no);
  const Cause cause{.now = clock_.now(), .actor = "gateway query", .traceparent = {}, .random = random_};
  const auto pause = next_query_after(attempt.queries + 1);
  if (!trade.payment) {
    // An unknown answer counts as asked: the close handler asks again before anything is decided.
    co_await database_.transact([&](chassis::Transaction& tx) {
      schedule_query(tx, attempt.out_trade_no, pause ? std::optional(cause.now + *pause) : std::nullopt);
    });
    co_return;
  }
  const auto recorded = co_await database_.transact(
      [&](chassis::Transaction& tx) { return record_payment(tx, *trade.payment, cause); });
  base::log("payment")->info("payment found by query out_trade_no={}", attempt.out_trade_no);
  outbox_.wake();
  if (goes_back(recorded)) refund_at_(cause.now);
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> PaymentQuery::due(base::Time now,
                                                                             std::size_t limit) {
  const auto attempts = co_await database_.transact([now, limit](chassis::Transaction& tx) {
    return attempts_to_query(tx, now, static_cast<std::int64_t>(limit));
  });
  std::vector<Job> jobs;
  jobs.reserve(attempts.size());
  for (const auto& attempt : attempts)
    jobs.push_back({attempt.out_trade_no, [this, attempt] { return ask(attempt); }});
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> PaymentQuery::next_due() {
  co_return co_await database_.transact([](chassis::Transaction& tx) { return next_query(tx); });
}

}  // namespace order
