#include "order-service/start_payment.hpp"

#include <optional>
#include <utility>

#include "order-service/deadline.hpp"
#include "order-service/order_store.hpp"
#include "order-service/payment_query.hpp"
#include "order-service/payment_store.hpp"

namespace order {
namespace {

struct Intent {
  PaymentStarted problem = PaymentStarted::ready;
  Attempt attempt;
};

// The attempt that is open, or a new one. The order's lock keeps two clicks from making two.
Intent write_intent(chassis::Transaction& tx, const std::string& order_no, const std::string& user_id,
                    const Cause& cause) {
  const auto order = lock_order(tx, order_no);
  if (!order || order->user_id != user_id) return {PaymentStarted::order_unknown, {}};
  if (order->state != State::pending_payment || gateway_deadline(*order) <= cause.now) {
    return {PaymentStarted::not_payable, {}};
  }
  if (auto open = open_attempt(tx, order_no)) return {PaymentStarted::ready, std::move(*open)};

  Attempt attempt;
  attempt.attempt_no = count_attempts(tx, order_no) + 1;
  attempt.out_trade_no = order_no + "-" + std::to_string(attempt.attempt_no);
  attempt.order_no = order_no;
  attempt.channel = "alipay";
  attempt.state = "INTENT";
  attempt.amount = order->total;
  attempt.expires_at = gateway_deadline(*order);
  insert_attempt(tx, attempt, cause.now);
  return {PaymentStarted::ready, std::move(attempt)};
}

}  // namespace

boost::asio::awaitable<StartPaymentOutcome> StartPayment::operator()(std::string order_no,
                                                                     std::string user_id, Cause cause) {
  auto intent = co_await database_.transact(
      [&](chassis::Transaction& tx) { return write_intent(tx, order_no, user_id, cause); });
  StartPaymentOutcome outcome;
  outcome.started = intent.problem;
  if (intent.problem != PaymentStarted::ready) co_return outcome;

  const auto& attempt = intent.attempt;
  outcome.out_trade_no = attempt.out_trade_no;
  outcome.expires_at = attempt.expires_at;
  if (attempt.pay_url) {
    outcome.pay_url = *attempt.pay_url;
    co_return outcome;
  }

  const auto answer = co_await gateway_.precreate(attempt.out_trade_no, attempt.amount, "Order " + order_no,
                                                  attempt.expires_at);
  if (answer.outcome != CallOutcome::ok || answer.text("qr_code").empty()) {
    outcome.started = answer.outcome == CallOutcome::refused ? PaymentStarted::gateway_refused
                                                             : PaymentStarted::gateway_unknown;
    outcome.reason = answer.outcome == CallOutcome::refused ? answer.sub_code : answer.trouble;
    co_return outcome;
  }
  outcome.pay_url = answer.text("qr_code");
  const auto first_query = cause.now + first_query_after();
  const auto state = co_await database_.transact([&](chassis::Transaction& tx) {
    open_attempt_at_gateway(tx, attempt.out_trade_no, outcome.pay_url, first_query);
    return find_attempt(tx, attempt.out_trade_no)->state;
  });
  if (state == "OPEN") {
    query_at_(first_query);
    co_return outcome;
  }
  // Settled while the gateway was called. The close asked for a trade that was not there yet, so it is
  // closed here; should that fail, money that comes all the same goes back as a late payment.
  outcome.started = PaymentStarted::not_payable;
  if (state == "CLOSED") co_await gateway_.close(attempt.out_trade_no);
  co_return outcome;
}

}  // namespace order
