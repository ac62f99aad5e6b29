#pragma once
#include <boost/asio/awaitable.hpp>

#include <string>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "order-service/alipay_gateway.hpp"
#include "order-service/cause.hpp"

namespace order {

enum class PaymentStarted { ready, order_unknown, not_payable, gateway_unknown, gateway_refused };
struct StartPaymentOutcome {
  PaymentStarted started = PaymentStarted::order_unknown;
  std::string out_trade_no, pay_url;
  base::Time expires_at;
  std::string reason;
};

// Gives the buyer a page to pay at. The attempt's row is written before the gateway is called and is
// the record of idempotence: while it is open, asking again gives the same attempt and page.
class StartPayment {
 public:
  // `query_at` hears when a new attempt is to be asked for.
  StartPayment(
      chassis::Database& database, AlipayGateway& gateway, chassis::Expect query_at = [](base::Time) {})
      : database_(database), gateway_(gateway), query_at_(std::move(query_at)) {}
  boost::asio::awaitable<StartPaymentOutcome> operator()(std::string order_no, std::string user_id,
                                                         Cause cause);

 private:
  chassis::Database& database_;
  AlipayGateway& gateway_;
  chassis::Expect query_at_;
};

}  // namespace order
