#pragma once
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/idempotency.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"
#include "order-service/close_order.hpp"
#include "order-service/start_payment.hpp"

namespace order {

struct BuyerApiConfig {
  std::string token_secret;
  std::chrono::milliseconds pay_timeout = std::chrono::hours{24};
};

// The routes buyers use, described by openapi.json. HTTP in, HTTP out; what happens is decided by the
// use cases. Every route but the catalogue needs a bearer token; another user's order is a 404. While the
// database cannot be had, or is too slow, the answer is 503 with Retry-After.
class BuyerApi {
 public:
  BuyerApi(chassis::Database& database, chassis::Idempotency& idempotency, chassis::Outbox& outbox,
           StartPayment& start_payment, CloseOrder& close_order, const base::Clock& clock,
           base::RandomSource random, BuyerApiConfig config);

  void add_routes(mq::net::HttpServer& server);

  // Method and pattern of each: "GET", "/orders/{order_no}".
  static std::vector<std::pair<std::string_view, std::string_view>> routes();

 private:
  using Request = mq::net::HttpRequest;
  using Response = mq::net::HttpResponse;
  using Answer = boost::asio::awaitable<Response>;

  struct Route {
    std::string_view method, pattern;
    Answer (BuyerApi::*handle)(Request);
  };
  static const std::array<Route, 8> kRoutes;

  Answer serve(const Route& route, Request request);
  Answer list_catalogue(Request request);
  Answer quote_lines(Request request);
  Answer place(Request request);
  Answer list(Request request);
  Answer show(Request request);
  Answer timeline(Request request);
  Answer pay(Request request);
  Answer cancel(Request request);

  [[nodiscard]] Cause cause_of(const Request& request) const;

  chassis::Database& database_;
  chassis::Idempotency& idempotency_;
  chassis::Outbox& outbox_;
  StartPayment& start_payment_;
  CloseOrder& close_order_;
  const base::Clock& clock_;
  base::RandomSource random_;
  BuyerApiConfig config_;
};

}  // namespace order
