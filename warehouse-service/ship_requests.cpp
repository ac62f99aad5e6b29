#include "warehouse-service/ship_requests.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

#include "contracts/events.hpp"
#include "mq/base/log.hpp"
#include "warehouse-service/shipment_events.hpp"

namespace warehouse {

std::chrono::milliseconds pause_after(std::int64_t attempts) {
  constexpr std::chrono::seconds kFirst{2};
  constexpr std::chrono::minutes kLongest{10};
  return chassis::doubling_pause(attempts, kFirst, kLongest);
}

ShipRequests::ShipRequests(chassis::Database& database, mq::net::HttpClient& http, chassis::Outbox& outbox,
                           const base::Clock& clock, base::RandomSource random, std::string url,
                           std::chrono::milliseconds timeout)
    : database_(database),
      http_(http),
      outbox_(outbox),
      clock_(clock),
      random_(std::move(random)),
      url_(std::move(url)),
      timeout_(timeout) {}

boost::asio::awaitable<ShipRequests::Outcome> ShipRequests::ask(const Shipment& shipment) {
  Outcome outcome;
  mq::net::HttpHeaders headers{{"content-type", "application/json"}};
  if (!shipment.traceparent.empty()) headers.emplace("traceparent", shipment.traceparent);
  try {
    const auto response = co_await http_.send("POST", url_ + "/warehouse/shipments", std::move(headers),
                                              shipment.request, base::deadline_in(timeout_));
    outcome.trouble = "HTTP status " + std::to_string(response.status);
    if (response.status == 202 || response.status == 200) outcome.answer = Answer::accepted;
    // Our number with other content, or content the warehouse cannot read: trying again changes nothing.
    if (response.status == 409 || response.status == 422 || response.status == 400)
      outcome.answer = Answer::refused;
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    outcome.trouble = e.what();
  }
  co_return outcome;
}

boost::asio::awaitable<void> ShipRequests::request(Shipment shipment) {
  const auto outcome = co_await ask(shipment);
  const auto now = clock_.now();
  co_await database_.transact([&](chassis::Transaction& tx) {
    switch (outcome.answer) {
      case Answer::accepted:
        if (const auto changed = accept_shipment(tx, shipment.shipment_no)) {
          publish(tx, *changed, contracts::ShipmentAccepted{.shipment_no = shipment.shipment_no}, now,
                  random_);
        }
        break;
      case Answer::refused:
        refuse_shipment(tx, shipment.shipment_no, outcome.trouble);
        break;
      case Answer::unknown:
        postpone_request(tx, shipment.shipment_no, now + pause_after(shipment.attempts + 1), outcome.trouble);
        break;
    }
  });
  if (outcome.answer == Answer::accepted) {
    outbox_.wake();
  } else {
    base::log("ship")->log(outcome.answer == Answer::refused ? spdlog::level::err : spdlog::level::warn,
                           "the warehouse did not accept order_no={} reason=\"{}\"", shipment.order_no,
                           outcome.trouble);
  }
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> ShipRequests::due(base::Time now,
                                                                             std::size_t limit) {
  const auto shipments = co_await database_.transact([now, limit](chassis::Transaction& tx) {
    return shipments_to_request(tx, now, static_cast<std::int64_t>(limit));
  });
  std::vector<Job> jobs;
  jobs.reserve(shipments.size());
  for (const auto& shipment : shipments) {
    jobs.push_back({shipment.shipment_no, [this, shipment] { return request(shipment); }});
  }
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> ShipRequests::next_due() {
  co_return co_await database_.transact([](chassis::Transaction& tx) { return next_request(tx); });
}

}  // namespace warehouse
