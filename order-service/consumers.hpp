#pragma once
#include <boost/asio/awaitable.hpp>

#include "chassis/database.hpp"
#include "chassis/outbox.hpp"
#include "contracts/envelope.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/client/push_consumer.hpp"
#include "order-service/close_order.hpp"

namespace order {

// Group order-fulfilment: what the warehouse reports moves the order on. Correct in any order of
// messages; a report for an order that was never paid is a bug somewhere and goes to the dead letters.
class OnFulfilment {
 public:
  OnFulfilment(chassis::Database& database, chassis::Outbox& outbox, const base::Clock& clock,
               base::RandomSource random)
      : database_(database), outbox_(outbox), clock_(clock), random_(std::move(random)) {}
  boost::asio::awaitable<mq::client::Verdict> operator()(contracts::Envelope envelope);

 private:
  chassis::Database& database_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
};

// Group order-close: a deadline's message arrived. Early (a clock stepped back) it comes again; late or
// repeated it changes nothing; with the gateway silent it comes again with a growing pause.
class OnPaymentDeadline {
 public:
  OnPaymentDeadline(CloseOrder& close_order, const base::Clock& clock, base::RandomSource random)
      : close_order_(close_order), clock_(clock), random_(std::move(random)) {}
  boost::asio::awaitable<mq::client::Verdict> operator()(contracts::Envelope envelope);

 private:
  CloseOrder& close_order_;
  const base::Clock& clock_;
  base::RandomSource random_;
};

}  // namespace order
