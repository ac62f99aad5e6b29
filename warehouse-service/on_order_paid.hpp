#pragma once
#include <boost/asio/awaitable.hpp>

#include <string>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "contracts/envelope.hpp"
#include "mq/base/clock.hpp"
#include "mq/client/push_consumer.hpp"

namespace warehouse {

// Group warehouse-ship, order-events OrderPaid: writes the shipment down, with the exact request. The
// worker asks the warehouse, so an outage there holds no message and keeps nothing back but itself.
class OnOrderPaid {
 public:
  OnOrderPaid(chassis::Database& database, chassis::DueLoop& requests, const base::Clock& clock,
              std::string notice_url)
      : database_(database), requests_(requests), clock_(clock), notice_url_(std::move(notice_url)) {}
  boost::asio::awaitable<mq::client::Verdict> operator()(contracts::Envelope envelope);

 private:
  chassis::Database& database_;
  chassis::DueLoop& requests_;
  const base::Clock& clock_;
  std::string notice_url_;
};

}  // namespace warehouse
