#include "warehouse-service/shipment_store.hpp"

namespace warehouse {
namespace {

using chassis::Statement;
using chassis::Transaction;

constexpr Statement kInsertShipment{
    "insert_shipment",
    "INSERT INTO shipment (shipment_no, order_no, state, request, next_try_at, traceparent, created_at) "
    "VALUES ($1, $2, 'REQUESTED', $3, $4, $5, $4) ON CONFLICT DO NOTHING"};
constexpr Statement kToRequest{"shipments_to_request",
                               "SELECT * FROM shipment WHERE state = 'REQUESTED' AND next_try_at <= $1 "
                               "ORDER BY next_try_at LIMIT $2"};
constexpr Statement kNextRequest{"next_request",
                                 "SELECT min(next_try_at) AS at FROM shipment WHERE state = 'REQUESTED'"};
constexpr Statement kAccept{
    "accept_shipment",
    "UPDATE shipment SET state = 'ACCEPTED', version = version + 1, attempts = attempts + 1, next_try_at = "
    "NULL "
    "WHERE shipment_no = $1 AND state = 'REQUESTED' RETURNING order_no, traceparent, version"};
constexpr Statement kShip{
    "ship_shipment",
    "UPDATE shipment SET state = 'SHIPPED', version = version + 1, next_try_at = NULL, carrier = $2, "
    "tracking_no = $3 "
    "WHERE shipment_no = $1 AND state IN ('REQUESTED', 'ACCEPTED') RETURNING order_no, traceparent, version"};
constexpr Statement kRefuse{
    "refuse_shipment",
    "UPDATE shipment SET state = 'REFUSED', next_try_at = NULL, attempts = attempts + 1, "
    "last_error = $2 WHERE shipment_no = $1 AND state = 'REQUESTED'"};
constexpr Statement kPostpone{
    "postpone_request",
    "UPDATE shipment SET attempts = attempts + 1, next_try_at = $2, last_error = $3 "
    "WHERE shipment_no = $1 AND state = 'REQUESTED'"};
constexpr Statement kExists{"shipment_exists", "SELECT 1 AS one FROM shipment WHERE shipment_no = $1"};
constexpr Statement kInsertNotice{"insert_notice",
                                  "INSERT INTO notice (notice_id, shipment_no, status, received_at) "
                                  "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};
constexpr Statement kShipmentOf{"shipment_of", "SELECT * FROM shipment WHERE order_no = $1"};

std::optional<Changed> changed(const chassis::SqlResult& result) {
  if (result.empty()) return std::nullopt;
  const auto& row = result.front();
  return Changed{row.text("order_no"), row.text("traceparent"), row.integer("version")};
}

boost::json::value maybe(const std::optional<std::string>& text) {
  return text ? boost::json::value(*text) : boost::json::value();
}

}  // namespace

bool insert_shipment(Transaction& tx, const Shipment& s, base::Time now) {
  return tx.run(kInsertShipment, {s.shipment_no, s.order_no, s.request, now, s.traceparent}).affected == 1;
}

std::vector<Shipment> shipments_to_request(Transaction& tx, base::Time now, std::int64_t limit) {
  std::vector<Shipment> shipments;
  for (const auto& row : tx.run(kToRequest, {now, limit}).rows) {
    shipments.push_back({.shipment_no = row.text("shipment_no"),
                         .order_no = row.text("order_no"),
                         .request = row.text("request"),
                         .traceparent = row.text("traceparent"),
                         .attempts = row.integer("attempts")});
  }
  return shipments;
}

std::optional<base::Time> next_request(Transaction& tx) {
  return tx.run(kNextRequest).front().maybe_time("at");
}

std::optional<Changed> accept_shipment(Transaction& tx, const std::string& shipment_no) {
  return changed(tx.run(kAccept, {shipment_no}));
}

std::optional<Changed> ship_shipment(Transaction& tx, const std::string& shipment_no,
                                     const std::string& carrier, const std::string& tracking_no) {
  return changed(tx.run(kShip, {shipment_no, carrier, tracking_no}));
}

void refuse_shipment(Transaction& tx, const std::string& shipment_no, const std::string& reason) {
  tx.run(kRefuse, {shipment_no, reason});
}

void postpone_request(Transaction& tx, const std::string& shipment_no, base::Time next_try_at,
                      const std::string& reason) {
  tx.run(kPostpone, {shipment_no, next_try_at, reason});
}

bool shipment_exists(Transaction& tx, const std::string& shipment_no) {
  return !tx.run(kExists, {shipment_no}).empty();
}

bool insert_notice(Transaction& tx, const std::string& notice_id, const std::string& shipment_no,
                   std::string_view status, base::Time now) {
  return tx.run(kInsertNotice, {notice_id, shipment_no, status, now}).affected == 1;
}

std::optional<boost::json::value> shipment_of(Transaction& tx, const std::string& order_no) {
  const auto found = tx.run(kShipmentOf, {order_no});
  if (found.empty()) return std::nullopt;
  const auto& row = found.front();
  return boost::json::value{{"order_no", order_no},
                            {"shipment_no", row.text("shipment_no")},
                            {"state", row.text("state")},
                            {"carrier", maybe(row.maybe_text("carrier"))},
                            {"tracking_no", maybe(row.maybe_text("tracking_no"))},
                            {"attempts", row.integer("attempts")},
                            {"last_error", row.text("last_error")}};
}

}  // namespace warehouse
