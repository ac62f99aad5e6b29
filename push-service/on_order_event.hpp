#pragma once
#include <boost/asio/awaitable.hpp>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "contracts/envelope.hpp"
#include "mq/base/clock.hpp"
#include "mq/client/push_consumer.hpp"

namespace push {

// Group push-notify: writes down what the buyer is to be told. Sending is the worker's business, so a
// slow provider never holds a message.
class OnOrderEvent {
 public:
  OnOrderEvent(chassis::Database& database, chassis::DueLoop& sender, const base::Clock& clock)
      : database_(database), sender_(sender), clock_(clock) {}
  boost::asio::awaitable<mq::client::Verdict> operator()(contracts::Envelope envelope);

 private:
  chassis::Database& database_;
  chassis::DueLoop& sender_;
  const base::Clock& clock_;
};

}  // namespace push
