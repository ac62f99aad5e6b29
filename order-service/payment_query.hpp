#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "order-service/alipay_gateway.hpp"
#include "order-service/cause.hpp"
#include "order-service/payment_store.hpp"

namespace order {

// Notifications get lost: open attempts are asked for 10 s, 30 s, 2 min and 10 min after the payment
// page was made (domain rule for every channel), and once more before the order is closed.
std::chrono::milliseconds first_query_after();
// The pause after query number `queries` (from 1); nothing after the last.
std::optional<std::chrono::milliseconds> next_query_after(std::int64_t queries);

class PaymentQuery final : public chassis::DueWork {
 public:
  // `refund_at` hears of money that was found and has to go back.
  PaymentQuery(
      chassis::Database& database, AlipayGateway& gateway, chassis::Outbox& outbox, const base::Clock& clock,
      base::RandomSource random, chassis::Expect refund_at = [](base::Time) {});
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  boost::asio::awaitable<void> ask(Attempt attempt);

  chassis::Database& database_;
  AlipayGateway& gateway_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
  chassis::Expect refund_at_;
};

}  // namespace order
