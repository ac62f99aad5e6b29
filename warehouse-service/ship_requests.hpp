#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/due_work.hpp"
#include "chassis/outbox.hpp"
#include "mq/base/clock.hpp"
#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"
#include "warehouse-service/shipment_store.hpp"

namespace warehouse {

// Pause after try number `attempts` (from 1): 2 s, doubling, at most 10 min; without end, since the
// order is paid and has to ship.
std::chrono::milliseconds pause_after(std::int64_t attempts);

// Asks the warehouse to ship what is written down. The same number and body on every try, so a try
// that was heard but not answered is harmless.
class ShipRequests final : public chassis::DueWork {
 public:
  ShipRequests(chassis::Database& database, mq::net::HttpClient& http, chassis::Outbox& outbox,
               const base::Clock& clock, base::RandomSource random, std::string url,
               std::chrono::milliseconds timeout);
  boost::asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t limit) override;
  boost::asio::awaitable<std::optional<base::Time>> next_due() override;

 private:
  enum class Answer { accepted, refused, unknown };
  struct Outcome {
    Answer answer = Answer::unknown;
    std::string trouble;
  };
  boost::asio::awaitable<void> request(Shipment shipment);
  boost::asio::awaitable<Outcome> ask(const Shipment& shipment);

  chassis::Database& database_;
  mq::net::HttpClient& http_;
  chassis::Outbox& outbox_;
  const base::Clock& clock_;
  base::RandomSource random_;
  std::string url_;
  std::chrono::milliseconds timeout_;
};

}  // namespace warehouse
