#pragma once
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

#include "order-service/alipay_gateway.hpp"
#include "order-service/record_payment.hpp"

namespace order {

// What the gateway knows of one attempt. The notification may be late or lost; asking is the truth.
enum class TradeState { paid, not_paid, closed, not_existing, unknown };
struct TradeAnswer {
  TradeState state = TradeState::unknown;
  std::optional<PaymentReport> payment;  // when paid
  std::string trouble;                   // when unknown
};
boost::asio::awaitable<TradeAnswer> ask_trade(AlipayGateway& gateway, std::string out_trade_no);

}  // namespace order
