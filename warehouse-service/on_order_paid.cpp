#include "warehouse-service/on_order_paid.hpp"

#include <boost/json/serialize.hpp>

#include "chassis/inbox.hpp"
#include "contracts/event.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "warehouse-service/shipment_store.hpp"

namespace warehouse {
namespace {

std::string request_body(const std::string& shipment_no, const std::string& order_no,
                         const contracts::OrderPaid& paid, const std::string& notice_url) {
  boost::json::array lines;
  for (const auto& line : paid.lines) lines.push_back({{"sku", line.sku}, {"quantity", line.quantity}});
  return boost::json::serialize(boost::json::value{{"shipment_no", shipment_no},
                                                   {"order_no", order_no},
                                                   {"lines", std::move(lines)},
                                                   {"ship_to", contracts::encode(paid.ship_to)},
                                                   {"notice_url", notice_url}});
}

}  // namespace

using mq::client::Verdict;

boost::asio::awaitable<Verdict> OnOrderPaid::operator()(contracts::Envelope envelope) {
  if (envelope.type != contracts::OrderPaid::kType) co_return Verdict::done;
  const auto paid = contracts::read<contracts::OrderPaid>(envelope.data);
  if (!paid || paid->lines.empty()) co_return Verdict::reject;

  const auto shipment_no = "S" + envelope.order_no;
  const Shipment shipment{.shipment_no = shipment_no,
                          .order_no = envelope.order_no,
                          .request = request_body(shipment_no, envelope.order_no, *paid, notice_url_),
                          .traceparent = envelope.traceparent,
                          .attempts = 0};
  co_await database_.transact([&, now = clock_.now()](chassis::Transaction& tx) {
    if (!chassis::first_time(tx, contracts::group::kWarehouseShip, envelope.event_id)) return;
    insert_shipment(tx, shipment, now);
  });
  requests_.wake();
  co_return Verdict::done;
}

}  // namespace warehouse
