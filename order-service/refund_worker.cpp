#include "order-service/refund_worker.hpp"

#include <array>

#include "mq/base/log.hpp"
#include "order-service/order_events.hpp"

namespace order {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<milliseconds, 16> kPauses = {
    seconds{10}, seconds{30}, minutes{1}, minutes{2},  minutes{3},  minutes{4},  minutes{5}, minutes{6},
    minutes{7},  minutes{8},  minutes{9}, minutes{10}, minutes{20}, minutes{30}, hours{1},   hours{2}};

// Refusals that time can cure: a merchant's balance is filled up again.
bool is_permanent(const GatewayAnswer& answer) {
  return answer.outcome == CallOutcome::refused && answer.sub_code != "ACQ.SELLER_BALANCE_NOT_ENOUGH";
}

void refunded(chassis::Transaction& tx, const Refund& refund, const Cause& cause) {
  const auto order = lock_order(tx, refund.order_no);
  if (!finish_refund(tx, refund.refund_no, "SUCCEEDED", {})) return;
  const Step stay{order->state, Event::payment_succeeded, Effect::nothing, order->state};
  const auto version = move_order(tx, refund.order_no, stay, std::nullopt, std::nullopt);
  publish(tx, refund.order_no, version,
          contracts::PaymentRefunded{
              .user_id = refund.user_id, .refund_no = refund.refund_no, .refunded_fen = refund.amount.fen()},
          traced(cause, *order), refund.refund_no);
}

void not_refunded(chassis::Transaction& tx, const Refund& refund, const GatewayAnswer& answer,
                  base::Time now) {
  const auto reason = answer.sub_code.empty() ? answer.trouble : answer.sub_code;
  const auto pause = refund_pause(refund.attempts);
  if (is_permanent(answer) || !pause) {
    finish_refund(tx, refund.refund_no, "STUCK", reason);
    base::log("refund")->error("refund is stuck and needs a person order_no={} refund_no={} reason=\"{}\"",
                               refund.order_no, refund.refund_no, reason);
  } else {
    postpone_refund(tx, refund.refund_no, now + *pause, reason);
  }
}

}  // namespace

std::optional<milliseconds> refund_pause(std::int64_t attempts) {
  const auto done = static_cast<std::size_t>(attempts);
  if (done >= kPauses.size()) return std::nullopt;
  return kPauses.at(done);
}

RefundWorker::RefundWorker(chassis::Database& database, AlipayGateway& gateway, chassis::Outbox& outbox,
                           const base::Clock& clock, base::RandomSource random)
    : database_(database), gateway_(gateway), outbox_(outbox), clock_(clock), random_(std::move(random)) {}

// Accepted is not refunded: an answer without a change of funds says that an earlier try moved the money, or
// that nothing did. Only the query tells which.
boost::asio::awaitable<GatewayAnswer> RefundWorker::give_back(Refund refund) {
  const auto answer =
      co_await gateway_.refund(refund.out_trade_no, refund.refund_no, refund.amount, refund.reason);
  if (answer.outcome != CallOutcome::ok || answer.text("fund_change") == "Y") co_return answer;
  const auto found = co_await gateway_.query_refund(refund.out_trade_no, refund.refund_no);
  if (found.outcome == CallOutcome::ok && found.text("refund_status") == "REFUND_SUCCESS") co_return found;
  GatewayAnswer not_yet;
  not_yet.trouble = "accepted, not refunded yet";
  co_return not_yet;
}

boost::asio::awaitable<void> RefundWorker::drive(Refund refund) {
  const auto answer = co_await give_back(refund);
  const Cause cause{.now = clock_.now(), .actor = "refund worker", .traceparent = {}, .random = random_};
  co_await database_.transact([&](chassis::Transaction& tx) {
    if (answer.outcome == CallOutcome::ok) {
      refunded(tx, refund, cause);
    } else {
      not_refunded(tx, refund, answer, cause.now);
    }
  });
  if (answer.outcome == CallOutcome::ok) outbox_.wake();
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> RefundWorker::due(base::Time now,
                                                                             std::size_t limit) {
  const auto refunds = co_await database_.transact([now, limit](chassis::Transaction& tx) {
    return refunds_to_do(tx, now, static_cast<std::int64_t>(limit));
  });
  std::vector<Job> jobs;
  jobs.reserve(refunds.size());
  for (const auto& refund : refunds)
    jobs.push_back({refund.refund_no, [this, refund] { return drive(refund); }});
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> RefundWorker::next_due() {
  co_return co_await database_.transact([](chassis::Transaction& tx) { return next_refund(tx); });
}

}  // namespace order
