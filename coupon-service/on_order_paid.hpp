#pragma once
#include <boost/asio/awaitable.hpp>

#include "chassis/database.hpp"
#include "chassis/outbox.hpp"
#include "contracts/envelope.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/client/push_consumer.hpp"

namespace coupon {

// Group coupon-grant, order-events OrderPaid: the rewards of a paid order, once, however often and in
// whatever order messages come.
class OnOrderPaid {
 public:
  OnOrderPaid(chassis::Database& database, chassis::Outbox& outbox, const base::Clock& clock,
              base::RandomSource random)
      : database_(database), outbox_(outbox), clock_(clock), random_(std::move(random)) {}
  boost::asio::awaitable<mq::client::Verdict> operator()(contracts::Envelope envelope);

 private:
  chassis::Database& database_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
};

}  // namespace coupon
