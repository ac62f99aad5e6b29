#pragma once
#include <boost/asio/awaitable.hpp>

#include <string>

#include "chassis/database.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"

namespace warehouse {

// Receives the warehouse's shipped notices, on a listener of its own: signature over timestamp and
// raw body, at most five minutes old, each notice once. Answered after the commit.
class NoticeApi {
 public:
  static constexpr std::size_t kBodyMax = std::size_t{64} << 10;

  NoticeApi(chassis::Database& database, chassis::Outbox& outbox, const base::Clock& clock,
            base::RandomSource random, std::string secret);
  void add_routes(mq::net::HttpServer& server);

 private:
  boost::asio::awaitable<mq::net::HttpResponse> on_notice(mq::net::HttpRequest request);
  [[nodiscard]] bool is_genuine(const mq::net::HttpRequest& request) const;

  chassis::Database& database_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
  std::string secret_;
};

}  // namespace warehouse
