#pragma once
#include <optional>
#include <string>

#include "chassis/sql.hpp"
#include "order-service/cause.hpp"
#include "order-service/payment_store.hpp"

namespace order {

// The gateway's word that money arrived, from a verified notification or from a query.
struct PaymentReport {
  std::string out_trade_no;
  std::string trade_no;
  std::string trade_status;
  Money received;
  std::optional<std::string> notify_id;  // of a notification
};

enum class Recorded {
  order_paid,
  late_payment,       // the order was closed: refund requested
  duplicate_payment,  // the order was paid already: refund requested
  mismatch,           // not the amount we asked for: refund requested, order still unpaid
  repeated,           // known already
  trade_unknown,      // no such attempt, or not yet visible
};

// Whether a refund is due now that was not there before.
constexpr bool goes_back(Recorded recorded) {
  return recorded == Recorded::late_payment || recorded == Recorded::duplicate_payment ||
         recorded == Recorded::mismatch;
}

// Records the money and everything that follows from it, in one transaction: payment row, order state,
// stock, events; for money that must go back the refund row too, its number derived from the payment.
Recorded record_payment(chassis::Transaction& tx, const PaymentReport& report, const Cause& cause);

}  // namespace order
