#include "order-service/close_order.hpp"

#include <optional>

#include "mq/base/log.hpp"
#include "order-service/order_events.hpp"
#include "order-service/payment_store.hpp"
#include "order-service/record_payment.hpp"
#include "order-service/trade_state.hpp"

namespace order {
namespace {

// Whether the order is to be closed at all; nothing means yes.
std::optional<Closed> objection(const std::optional<OrderRow>& order, Event why, base::Time now) {
  if (!order) return Closed::order_unknown;
  switch (step(order->state, why).effect) {
    case Effect::move:
      break;
    case Effect::refuse:
      return Closed::refused;
    case Effect::nothing:
    case Effect::impossible:
    case Effect::refund_late_payment:
    case Effect::refund_duplicate_payment:
      return Closed::already_settled;
  }
  if (why == Event::payment_timed_out && now < order->deadline) return Closed::not_due;
  return std::nullopt;
}

Closed close_now(chassis::Transaction& tx, const std::string& order_no, Event why, const Cause& cause) {
  const auto order = lock_order(tx, order_no);
  if (const auto stop = objection(order, why, cause.now)) return *stop;
  // An attempt that began after the gateway was asked: it has to be asked about too.
  if (open_attempt(tx, order_no)) return Closed::gateway_unknown;

  const std::string reason = why == Event::payment_timed_out ? "TIMEOUT" : "USER";
  const auto version = move_order(tx, order_no, step(order->state, why), reason, std::nullopt);
  release_reservations(tx, order_no);
  publish(tx, order_no, version, contracts::OrderClosed{.user_id = order->user_id, .reason = reason},
          traced(cause, *order), reason);
  return Closed::closed;
}

struct Situation {
  std::optional<Closed> objection;
  std::optional<Attempt> attempt;
};

}  // namespace

boost::asio::awaitable<CloseOrder::Trade> CloseOrder::settle_trade(std::string out_trade_no, Cause cause) {
  auto trade = co_await ask_trade(gateway_, out_trade_no);
  if (trade.state == TradeState::not_paid) {
    const auto answer = co_await gateway_.close(out_trade_no);
    // Refused: paid in this very moment, or closed; either way the next answer knows.
    if (answer.outcome == CallOutcome::unknown) co_return Trade::unknown;
    trade = answer.outcome == CallOutcome::ok ? TradeAnswer{TradeState::closed, std::nullopt, {}}
                                              : co_await ask_trade(gateway_, out_trade_no);
  }
  switch (trade.state) {
    case TradeState::paid: {
      const auto recorded = co_await database_.transact(
          [&](chassis::Transaction& tx) { return record_payment(tx, *trade.payment, cause); });
      outbox_.wake();
      if (goes_back(recorded)) refund_at_(cause.now);
      // Known already, or of a wrong amount: what it made of the order, close_now() sees.
      co_return recorded == Recorded::order_paid ? Trade::paid : Trade::settled;
    }
    case TradeState::closed:
    case TradeState::not_existing:
      co_await database_.transact(
          [&](chassis::Transaction& tx) { settle_attempt(tx, out_trade_no, "CLOSED", std::nullopt); });
      co_return Trade::settled;
    case TradeState::not_paid:
    case TradeState::unknown:
      break;
  }
  base::log("close")->warn("gateway cannot say whether a trade is paid out_trade_no={} reason=\"{}\"",
                           out_trade_no, trade.trouble);
  co_return Trade::unknown;
}

boost::asio::awaitable<Closed> CloseOrder::operator()(std::string order_no, Event why, Cause cause) {
  const auto situation = co_await database_.transact([&](chassis::Transaction& tx) {
    return Situation{objection(find_order(tx, order_no), why, cause.now), open_attempt(tx, order_no)};
  });
  if (situation.objection) co_return *situation.objection;
  if (situation.attempt) {
    const auto trade = co_await settle_trade(situation.attempt->out_trade_no, cause);
    if (trade == Trade::unknown) co_return Closed::gateway_unknown;
    if (trade == Trade::paid) co_return Closed::paid_instead;
  }
  const auto closed = co_await database_.transact(
      [&](chassis::Transaction& tx) { return close_now(tx, order_no, why, cause); });
  if (closed == Closed::closed) outbox_.wake();
  co_return closed;
}

}  // namespace order
