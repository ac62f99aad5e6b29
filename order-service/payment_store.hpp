#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chassis/sql.hpp"
#include "order-service/domain/money.hpp"

// The SQL of payment attempts, notifications, payments and automatic refunds.
namespace order {

struct Attempt {
  std::string out_trade_no, order_no, channel, state;  // INTENT, OPEN, SUCCEEDED, CLOSED
  std::int64_t attempt_no = 0;
  Money amount;
  std::optional<std::string> pay_url;
  base::Time expires_at;
  std::int64_t queries = 0;
};

struct Refund {
  std::string refund_no, trade_no, out_trade_no, order_no, user_id, reason,
      state;  // REQUESTED, SUCCEEDED, STUCK
  Money amount;
  std::int64_t attempts = 0;
  std::optional<base::Time> next_try_at;
  std::string last_error;
};

enum class PaymentKind { order, late_payment, duplicate_payment, mismatch };
std::string_view name(PaymentKind kind);

std::optional<Attempt> find_attempt(chassis::Transaction& tx, const std::string& out_trade_no);
// The attempt that may still be paid (INTENT or OPEN); at most one per order.
std::optional<Attempt> open_attempt(chassis::Transaction& tx, const std::string& order_no);
std::int64_t count_attempts(chassis::Transaction& tx, const std::string& order_no);
void insert_attempt(chassis::Transaction& tx, const Attempt& attempt, base::Time now);
void open_attempt_at_gateway(chassis::Transaction& tx, const std::string& out_trade_no,
                             const std::string& pay_url, base::Time next_query_at);
// False when the attempt was settled already: the caller's report is a repeat.
bool settle_attempt(chassis::Transaction& tx, const std::string& out_trade_no, std::string_view state,
                    const std::optional<std::string>& trade_no);
void schedule_query(chassis::Transaction& tx, const std::string& out_trade_no, std::optional<base::Time> at);
std::vector<Attempt> attempts_to_query(chassis::Transaction& tx, base::Time now, std::int64_t limit);
std::optional<base::Time> next_query(chassis::Transaction& tx);

// Both keep the first row of a notification's id.
void insert_notify(chassis::Transaction& tx, const std::string& notify_id, const std::string& out_trade_no,
                   const std::string& trade_status, std::string_view outcome, base::Time now);
void insert_anomaly(chassis::Transaction& tx, const std::string& notify_id, const std::string& out_trade_no,
                    std::string_view what, base::Time now);
// False when the trade's money was recorded before.
bool insert_payment(chassis::Transaction& tx, const std::string& trade_no, const Attempt& attempt,
                    Money received, PaymentKind kind, base::Time now);

// R + the gateway's trade number: the same payment always gives the same refund.
std::string refund_number(std::string_view trade_no);
void insert_refund(chassis::Transaction& tx, const Refund& refund, base::Time now);
std::vector<Refund> refunds_to_do(chassis::Transaction& tx, base::Time now, std::int64_t limit);
std::vector<Refund> refunds_of(chassis::Transaction& tx, const std::string& order_no);
std::optional<base::Time> next_refund(chassis::Transaction& tx);
// False when it was finished already.
bool finish_refund(chassis::Transaction& tx, const std::string& refund_no, std::string_view state,
                   const std::string& last_error);
void postpone_refund(chassis::Transaction& tx, const std::string& refund_no, base::Time next_try_at,
                     const std::string& last_error);

}  // namespace order
