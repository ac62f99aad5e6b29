#pragma once
#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/metrics.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"
#include "order-service/alipay_gateway.hpp"

namespace order {

// Receives the Alipay-like channel's payment notifications, on a listener of its own. The checks and
// their order are the channel's documented ones (signature over the raw form, app, seller, trade number,
// amount); the answer is exactly `success`, sent after the commit, or anything else to get the
// notification again. Nothing slow happens here: rewards, push and shipping hang on OrderPaid.
class CallbackApi {
 public:
  static constexpr std::size_t kBodyMax = std::size_t{64} << 10;
  static constexpr std::chrono::seconds kReadMax{2};

  // `refund_at` hears of money that has to go back.
  CallbackApi(
      chassis::Database& database, chassis::Outbox& outbox, AlipayGateway& gateway, chassis::Metrics& metrics,
      const base::Clock& clock, base::RandomSource random, chassis::Expect refund_at = [](base::Time) {});

  void add_routes(mq::net::HttpServer& server);

 private:
  boost::asio::awaitable<mq::net::HttpResponse> on_alipay(mq::net::HttpRequest request);
  [[nodiscard]] mq::net::HttpResponse counted(std::string_view outcome, mq::net::HttpResponse response);

  chassis::Database& database_;
  chassis::Outbox& outbox_;
  AlipayGateway& gateway_;
  chassis::Metrics& metrics_;
  const base::Clock& clock_;
  base::RandomSource random_;
  chassis::Expect refund_at_;
};

}  // namespace order
