#pragma once
#include <boost/asio/awaitable.hpp>

#include <string>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/outbox.hpp"
#include "order-service/alipay_gateway.hpp"
#include "order-service/cause.hpp"
#include "order-service/order_store.hpp"

namespace order {

enum class Closed {
  closed,           // by this call
  already_settled,  // paid, shipped or closed before: nothing to do
  paid_instead,     // the gateway had the money: the order is paid now
  not_due,          // the deadline lies ahead
  refused,          // a buyer asked to cancel what is paid
  order_unknown,
  gateway_unknown,  // the gateway could not be asked: the order stays open, try again later
};

// Closes an unpaid order: by its deadline's message, by its buyer, or by the safety net, all three
// through here. Before the order is touched the gateway is asked and told to take no more money; only
// then does the compare-and-set decide against a payment that comes at the same time.
class CloseOrder {
 public:
  // `refund_at` hears of money that was found and has to go back.
  CloseOrder(
      chassis::Database& database, AlipayGateway& gateway, chassis::Outbox& outbox,
      chassis::Expect refund_at = [](base::Time) {})
      : database_(database), gateway_(gateway), outbox_(outbox), refund_at_(std::move(refund_at)) {}

  // `why` is payment_timed_out or cancelled_by_user.
  boost::asio::awaitable<Closed> operator()(std::string order_no, Event why, Cause cause);

 private:
  enum class Trade { settled, paid, unknown };  // settled: it keeps the order from nothing
  boost::asio::awaitable<Trade> settle_trade(std::string out_trade_no, Cause cause);

  chassis::Database& database_;
  AlipayGateway& gateway_;
  chassis::Outbox& outbox_;
  chassis::Expect refund_at_;
};

}  // namespace order
