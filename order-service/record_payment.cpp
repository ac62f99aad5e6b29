#include "order-service/record_payment.hpp"

#include "contracts/time_text.hpp"
#include "mq/base/assert.hpp"
#include "order-service/order_events.hpp"

namespace order {
namespace {

struct Settlement {
  PaymentKind kind = PaymentKind::order;
  Recorded recorded = Recorded::order_paid;
};

Settlement settlement_of(const OrderRow& order, const Attempt& attempt, const PaymentReport& report) {
  if (report.received != attempt.amount) return {PaymentKind::mismatch, Recorded::mismatch};
  switch (step(order.state, Event::payment_succeeded).effect) {
    case Effect::move:
      return {PaymentKind::order, Recorded::order_paid};
    case Effect::refund_late_payment:
      return {PaymentKind::late_payment, Recorded::late_payment};
    case Effect::refund_duplicate_payment:
      return {PaymentKind::duplicate_payment, Recorded::duplicate_payment};
    case Effect::nothing:
    case Effect::refuse:
    case Effect::impossible:
      break;
  }
  base::assertion_failed("effect", "money is never ignored");
}

void pay_order(chassis::Transaction& tx, const OrderRow& order, const PaymentReport& report,
               const Attempt& attempt, const Cause& cause) {
  const auto version =
      move_order(tx, order.order_no, step(order.state, Event::payment_succeeded), std::nullopt, std::nullopt);
  commit_reservations(tx, order.order_no);
  publish(tx, order.order_no, version,
          contracts::OrderPaid{.user_id = order.user_id,
                               .paid_fen = report.received.fen(),
                               .paid_at = contracts::format_time(cause.now),
                               .channel = attempt.channel,
                               .ship_to = order.ship_to,
                               .lines = lines_of(tx, order.order_no)},
          cause, report.trade_no);
}

void send_back(chassis::Transaction& tx, const OrderRow& order, const PaymentReport& report, PaymentKind kind,
               const Cause& cause) {
  const Refund refund{.refund_no = refund_number(report.trade_no),
                      .trade_no = report.trade_no,
                      .out_trade_no = report.out_trade_no,
                      .order_no = order.order_no,
                      .user_id = order.user_id,
                      .reason = std::string(name(kind)),
                      .state = "REQUESTED",
                      .amount = report.received,
                      .attempts = 0,
                      .next_try_at = cause.now,
                      .last_error = {}};
  insert_refund(tx, refund, cause.now);
  const Step stay{order.state, Event::payment_succeeded, Effect::nothing, order.state};
  const auto version = move_order(tx, order.order_no, stay, std::nullopt, std::nullopt);
  publish(tx, order.order_no, version,
          contracts::LatePayment{.user_id = order.user_id,
                                 .paid_fen = report.received.fen(),
                                 .reason = refund.reason,
                                 .refund_no = refund.refund_no},
          cause, refund.refund_no);
}

}  // namespace

Recorded record_payment(chassis::Transaction& tx, const PaymentReport& report, const Cause& reported) {
  const auto attempt = find_attempt(tx, report.out_trade_no);
  if (!attempt) return Recorded::trade_unknown;
  const auto order = lock_order(tx, attempt->order_no);
  BASE_ASSERT(order, "an attempt references its order");
  const auto cause = traced(reported, *order);

  const auto [kind, recorded] = settlement_of(*order, *attempt, report);
  // Whether the money is new is decided by the trade alone: a notification's id may have been seen before,
  // with a status that meant no money.
  if (report.notify_id) {
    insert_notify(tx, *report.notify_id, report.out_trade_no, report.trade_status, name(kind), cause.now);
  }
  if (!insert_payment(tx, report.trade_no, *attempt, report.received, kind, cause.now))
    return Recorded::repeated;

  if (kind == PaymentKind::mismatch) {
    insert_anomaly(tx, report.notify_id.value_or(report.trade_no), report.out_trade_no,
                   "amount: asked for " + to_yuan(attempt->amount) + ", received " + to_yuan(report.received),
                   cause.now);
    settle_attempt(tx, report.out_trade_no, "CLOSED", report.trade_no);
  } else {
    settle_attempt(tx, report.out_trade_no, "SUCCEEDED", report.trade_no);
  }
  if (kind == PaymentKind::order) {
    pay_order(tx, *order, report, *attempt, cause);
  } else {
    send_back(tx, *order, report, kind, cause);
  }
  return recorded;
}

}  // namespace order
