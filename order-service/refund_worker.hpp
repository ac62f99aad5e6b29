#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/outbox.hpp"
#include "order-service/alipay_gateway.hpp"
#include "order-service/cause.hpp"
#include "order-service/payment_store.hpp"

namespace order {

// Pause before try number `attempts + 1`; nothing when there is to be none and a person has to look.
// Growing from 10 s to 2 h over 16 tries, as the broker's retry levels do.
std::optional<std::chrono::milliseconds> refund_pause(std::int64_t attempts);

// Drives the refund rows that late, duplicate and wrong payments wrote, until the gateway says done. The
// refund number never changes between tries, so a try that was executed but not answered is harmless.
class RefundWorker final : public chassis::DueWork {
 public:
  RefundWorker(chassis::Database& database, AlipayGateway& gateway, chassis::Outbox& outbox,
               const base::Clock& clock, base::RandomSource random);
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  boost::asio::awaitable<void> drive(Refund refund);
  boost::asio::awaitable<GatewayAnswer> give_back(Refund refund);

  chassis::Database& database_;
  AlipayGateway& gateway_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
};

}  // namespace order
