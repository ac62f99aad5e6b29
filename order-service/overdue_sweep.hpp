#pragma once
#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/metrics.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/base/clock.hpp"
#include "order-service/close_order.hpp"

namespace order {

// The second line behind the delay messages: unpaid orders that are a minute overdue are closed here,
// by an index that holds only unpaid orders, in small batches. order_closed_by_sweep_total counts how
// often it was needed: on a healthy system, never.
//
// An order that the gateway cannot be asked about is left alone for a while and holds nobody else up; with
// many of them nothing is asked at all: no storm on a silent gateway.
class OverdueSweep final : public chassis::DueWork {
 public:
  OverdueSweep(chassis::Database& database, CloseOrder& close_order, chassis::Metrics& metrics,
               const base::Clock& clock, base::RandomSource random);
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  boost::asio::awaitable<void> close(std::string order_no);

  chassis::Database& database_;
  CloseOrder& close_order_;
  chassis::Metrics& metrics_;
  const base::Clock& clock_;
  base::RandomSource random_;
  std::map<std::string, base::Deadline> left_alone_;  // until then
};

}  // namespace order
