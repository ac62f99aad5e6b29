#include "order-service/payment_store.hpp"

#include "mq/base/assert.hpp"

namespace order {
namespace {

using chassis::SqlRow;
using chassis::Statement;
using chassis::Transaction;

constexpr Statement kFindAttempt{"find_attempt", "SELECT * FROM payment_attempt WHERE out_trade_no = $1"};
constexpr Statement kOpenAttempt{
    "open_attempt", "SELECT * FROM payment_attempt WHERE order_no = $1 AND state IN ('INTENT', 'OPEN')"};
constexpr Statement kCountAttempts{"count_attempts",
                                   "SELECT count(*) AS n FROM payment_attempt WHERE order_no = $1"};
constexpr Statement kInsertAttempt{"insert_attempt",
                                   "INSERT INTO payment_attempt (out_trade_no, order_no, attempt_no, "
                                   "channel, amount_fen, state, expires_at, "
                                   "created_at) VALUES ($1, $2, $3, $4, $5, 'INTENT', $6, $7)"};
constexpr Statement kOpenAtGateway{
    "open_at_gateway",
    "UPDATE payment_attempt SET state = 'OPEN', pay_url = $2, next_query_at = $3 "
    "WHERE out_trade_no = $1 AND state = 'INTENT'"};
constexpr Statement kSettleAttempt{
    "settle_attempt",
    "UPDATE payment_attempt SET state = $2, trade_no = coalesce($3, trade_no), next_query_at = NULL "
    "WHERE out_trade_no = $1 AND state <> 'SUCCEEDED' AND state <> $2"};
constexpr Statement kScheduleQuery{"schedule_query",
                                   "UPDATE payment_attempt SET next_query_at = $2, queries = queries + 1 "
                                   "WHERE out_trade_no = $1 AND state = 'OPEN'"};
constexpr Statement kAttemptsToQuery{"attempts_to_query",
                                     "SELECT * FROM payment_attempt WHERE next_query_at <= $1 "
                                     "ORDER BY next_query_at LIMIT $2"};
constexpr Statement kNextQuery{"next_query", "SELECT min(next_query_at) AS at FROM payment_attempt"};
constexpr Statement kInsertNotify{
    "insert_notify",
    "INSERT INTO payment_notify (notify_id, out_trade_no, trade_status, outcome, received_at) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"};
constexpr Statement kInsertAnomaly{"insert_anomaly",
                                   "INSERT INTO payment_anomaly (notify_id, out_trade_no, what, seen_at) "
                                   "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};
constexpr Statement kInsertPayment{
    "insert_payment",
    "INSERT INTO payment (trade_no, out_trade_no, order_no, amount_fen, kind, paid_at) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (trade_no) DO NOTHING"};
constexpr Statement kInsertRefund{
    "insert_refund",
    "INSERT INTO refund (refund_no, trade_no, order_no, amount_fen, reason, state, next_try_at, created_at) "
    "VALUES ($1, $2, $3, $4, $5, 'REQUESTED', $6, $6)"};
constexpr Statement kRefundsToDo{
    "refunds_to_do",
    "SELECT r.*, p.out_trade_no, o.user_id FROM refund r JOIN payment p USING (trade_no) "
    "JOIN orders o ON o.order_no = r.order_no WHERE r.state = 'REQUESTED' AND r.next_try_at <= $1 "
    "ORDER BY r.next_try_at LIMIT $2"};
constexpr Statement kRefundsOf{
    "refunds_of",
    "SELECT r.*, p.out_trade_no, o.user_id FROM refund r JOIN payment p USING (trade_no) "
    "JOIN orders o ON o.order_no = r.order_no WHERE r.order_no = $1 ORDER BY r.refund_no"};
constexpr Statement kNextRefund{"next_refund",
                                "SELECT min(next_try_at) AS at FROM refund WHERE state = 'REQUESTED'"};
constexpr Statement kFinishRefund{
    "finish_refund",
    "UPDATE refund SET state = $2, attempts = attempts + 1, next_try_at = NULL, last_error = $3 "
    "WHERE refund_no = $1 AND state = 'REQUESTED'"};
constexpr Statement kPostponeRefund{
    "postpone_refund",
    "UPDATE refund SET attempts = attempts + 1, next_try_at = $2, last_error = $3 "
    "WHERE refund_no = $1 AND state = 'REQUESTED'"};

Money money(const SqlRow& row) {
  const auto amount = Money::of_fen(row.integer("amount_fen"));
  BASE_ASSERT(amount, "the database holds valid amounts only");
  return *amount;
}

Attempt attempt_of(const SqlRow& row) {
  return {.out_trade_no = row.text("out_trade_no"),
          .order_no = row.text("order_no"),
          .channel = row.text("channel"),
          .state = row.text("state"),
          .attempt_no = row.integer("attempt_no"),
          .amount = money(row),
          .pay_url = row.maybe_text("pay_url"),
          .expires_at = row.time("expires_at"),
          .queries = row.integer("queries")};
}

Refund refund_of(const SqlRow& row) {
  return {.refund_no = row.text("refund_no"),
          .trade_no = row.text("trade_no"),
          .out_trade_no = row.text("out_trade_no"),
          .order_no = row.text("order_no"),
          .user_id = row.text("user_id"),
          .reason = row.text("reason"),
          .state = row.text("state"),
          .amount = money(row),
          .attempts = row.integer("attempts"),
          .next_try_at = row.maybe_time("next_try_at"),
          .last_error = row.text("last_error")};
}

template <class Row, Row (*Read)(const SqlRow&)>
std::vector<Row> all(const chassis::SqlResult& found) {
  std::vector<Row> rows;
  rows.reserve(found.rows.size());
  for (const auto& row : found.rows) rows.push_back(Read(row));
  return rows;
}

std::optional<Attempt> one(const chassis::SqlResult& found) {
  if (found.empty()) return std::nullopt;
  return attempt_of(found.front());
}

}  // namespace

std::string_view name(PaymentKind kind) {
  switch (kind) {
    case PaymentKind::order:
      return "ORDER";
    case PaymentKind::late_payment:
      return "LATE_PAYMENT";
    case PaymentKind::duplicate_payment:
      return "DUPLICATE_PAYMENT";
    case PaymentKind::mismatch:
      return "MISMATCH";
  }
  base::assertion_failed("kind", "every kind has a name");
}

std::optional<Attempt> find_attempt(Transaction& tx, const std::string& out_trade_no) {
  return one(tx.run(kFindAttempt, {out_trade_no}));
}
std::optional<Attempt> open_attempt(Transaction& tx, const std::string& order_no) {
  return one(tx.run(kOpenAttempt, {order_no}));
}
std::int64_t count_attempts(Transaction& tx, const std::string& order_no) {
  return tx.run(kCountAttempts, {order_no}).front().integer("n");
}

void insert_attempt(Transaction& tx, const Attempt& a, base::Time now) {
  tx.run(kInsertAttempt,
         {a.out_trade_no, a.order_no, a.attempt_no, a.channel, a.amount.fen(), a.expires_at, now});
}

void open_attempt_at_gateway(Transaction& tx, const std::string& out_trade_no, const std::string& pay_url,
                             base::Time next_query_at) {
  tx.run(kOpenAtGateway, {out_trade_no, pay_url, next_query_at});
}

bool settle_attempt(Transaction& tx, const std::string& out_trade_no, std::string_view state,
                    const std::optional<std::string>& trade_no) {
  return tx.run(kSettleAttempt, {out_trade_no, state, trade_no}).affected == 1;
}

void schedule_query(Transaction& tx, const std::string& out_trade_no, std::optional<base::Time> at) {
  tx.run(kScheduleQuery, {out_trade_no, at});
}

std::vector<Attempt> attempts_to_query(Transaction& tx, base::Time now, std::int64_t limit) {
  return all<Attempt, attempt_of>(tx.run(kAttemptsToQuery, {now, limit}));
}
std::optional<base::Time> next_query(Transaction& tx) { return tx.run(kNextQuery).front().maybe_time("at"); }

void insert_notify(Transaction& tx, const std::string& notify_id, const std::string& out_trade_no,
                   const std::string& trade_status, std::string_view outcome, base::Time now) {
  tx.run(kInsertNotify, {notify_id, out_trade_no, trade_status, outcome, now});
}

void insert_anomaly(Transaction& tx, const std::string& notify_id, const std::string& out_trade_no,
                    std::string_view what, base::Time now) {
  tx.run(kInsertAnomaly, {notify_id, out_trade_no, what, now});
}

bool insert_payment(Transaction& tx, const std::string& trade_no, const Attempt& attempt, Money received,
                    PaymentKind kind, base::Time now) {
  return tx.run(kInsertPayment,
                {trade_no, attempt.out_trade_no, attempt.order_no, received.fen(), name(kind), now})
             .affected == 1;
}

std::string refund_number(std::string_view trade_no) { return std::string("R").append(trade_no); }

void insert_refund(Transaction& tx, const Refund& r, base::Time now) {
  tx.run(kInsertRefund, {r.refund_no, r.trade_no, r.order_no, r.amount.fen(), r.reason, now});
}

std::vector<Refund> refunds_to_do(Transaction& tx, base::Time now, std::int64_t limit) {
  return all<Refund, refund_of>(tx.run(kRefundsToDo, {now, limit}));
}
std::vector<Refund> refunds_of(Transaction& tx, const std::string& order_no) {
  return all<Refund, refund_of>(tx.run(kRefundsOf, {order_no}));
}
std::optional<base::Time> next_refund(Transaction& tx) {
  return tx.run(kNextRefund).front().maybe_time("at");
}

bool finish_refund(Transaction& tx, const std::string& refund_no, std::string_view state,
                   const std::string& last_error) {
  return tx.run(kFinishRefund, {refund_no, state, last_error}).affected == 1;
}

void postpone_refund(Transaction& tx, const std::string& refund_no, base::Time next_try_at,
                     const std::string& last_error) {
  tx.run(kPostponeRefund, {refund_no, next_try_at, last_error});
}

}  // namespace order
