#include "order-service/order_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include "contracts/decode.hpp"
#include "mq/base/assert.hpp"

namespace order {
namespace {

using chassis::SqlRow;
using chassis::Statement;
using chassis::Transaction;

constexpr Statement kListProducts{"list_products",
                                  "SELECT p.*, s.on_hand - s.reserved AS available FROM product p "
                                  "JOIN stock s USING (sku) WHERE p.on_sale ORDER BY p.sku"};
constexpr Statement kFindProduct{"find_product",
                                 "SELECT p.*, s.on_hand - s.reserved AS available FROM product p "
                                 "JOIN stock s USING (sku) WHERE p.sku = $1"};
constexpr Statement kInsertOrder{"insert_order",
                                 "INSERT INTO orders (order_no, user_id, state, total_fen, deadline, "
                                 "ship_to, note, traceparent, created_at) "
                                 "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)"};
constexpr Statement kInsertLine{"insert_line",
                                "INSERT INTO order_line (order_no, sku, name, quantity, unit_price_fen) "
                                "VALUES ($1, $2, $3, $4, $5)"};
constexpr Statement kReserveStock{"reserve_stock",
                                  "UPDATE stock SET reserved = reserved + $2 "
                                  "WHERE sku = $1 AND on_hand - reserved >= $2"};
constexpr Statement kInsertReservation{"insert_reservation",
                                       "INSERT INTO reservation (order_no, sku, quantity, state) "
                                       "VALUES ($1, $2, $3, 'HELD')"};
constexpr Statement kSettleReservations{
    "settle_reservations",
    "UPDATE reservation SET state = $2 WHERE order_no = $1 AND state = 'HELD' "
    "RETURNING sku, quantity"};
constexpr Statement kSellStock{
    "sell_stock",
    "UPDATE stock SET on_hand = on_hand - $2, reserved = reserved - $2, sold = sold + $2 "
    "WHERE sku = $1"};
constexpr Statement kFreeStock{"free_stock", "UPDATE stock SET reserved = reserved - $2 WHERE sku = $1"};
constexpr Statement kFindOrder{"find_order", "SELECT * FROM orders WHERE order_no = $1"};
// Guards every change of one order: state, version, attempts, refunds.
constexpr Statement kLockOrder{"lock_order", "SELECT * FROM orders WHERE order_no = $1 FOR UPDATE"};
constexpr Statement kListOrders{"list_orders",
                                "SELECT * FROM orders WHERE user_id = $1 AND ($2 = '' OR order_no < $2) "
                                "ORDER BY order_no DESC LIMIT $3"};
constexpr Statement kLinesOf{"lines_of", "SELECT * FROM order_line WHERE order_no = $1 ORDER BY sku"};
constexpr Statement kTimelineOf{"timeline_of",
                                "SELECT * FROM order_event WHERE order_no = $1 ORDER BY sequence"};
constexpr Statement kMoveOrder{
    "move_order",
    "UPDATE orders SET state = $3, version = version + 1, close_reason = coalesce($4, close_reason), "
    "carrier = coalesce($5, carrier), tracking_no = coalesce($6, tracking_no) "
    "WHERE order_no = $1 AND state = $2 RETURNING version"};
constexpr Statement kAppendTimeline{"append_timeline",
                                    "INSERT INTO order_event (order_no, sequence, type, at, actor, detail) "
                                    "VALUES ($1, $2, $3, $4, $5, $6)"};
constexpr Statement kOverdueOrders{
    "overdue_orders",
    "SELECT order_no FROM orders WHERE state = 'PENDING_PAYMENT' AND deadline < $1 "
    "ORDER BY deadline LIMIT $2"};

Money money(const SqlRow& row, std::string_view column) {
  const auto amount = Money::of_fen(row.integer(column));
  BASE_ASSERT(amount, "the database holds valid amounts only");
  return *amount;
}

Product product_of(const SqlRow& row) {
  return {.sku = row.text("sku"),
          .name_zh = row.text("name_zh"),
          .name_en = row.text("name_en"),
          .description = row.text("description"),
          .price = money(row, "price_fen"),
          .on_sale = row.boolean("on_sale"),
          .available = row.integer("available")};
}

OrderRow order_of(const SqlRow& row) {
  const auto state = parse_state(row.text("state"));
  auto ship_to = contracts::decode<contracts::Address>(row.text("ship_to"));
  BASE_ASSERT(state && ship_to, "the database holds what insert_order wrote");
  return {.order_no = row.text("order_no"),
          .user_id = row.text("user_id"),
          .state = *state,
          .close_reason = row.maybe_text("close_reason"),
          .total = money(row, "total_fen"),
          .version = row.integer("version"),
          .deadline = row.time("deadline"),
          .deadline_version = row.integer("deadline_version"),
          .ship_to = std::move(*ship_to),
          .note = row.text("note"),
          .traceparent = row.text("traceparent"),
          .carrier = row.maybe_text("carrier"),
          .tracking_no = row.maybe_text("tracking_no"),
          .created_at = row.time("created_at")};
}

std::optional<OrderRow> one_order(const chassis::SqlResult& found) {
  if (found.empty()) return std::nullopt;
  return order_of(found.front());
}

// Rows come back in no order of their own; stock is always changed in SKU order, or two orders could
// wait for each other.
void settle(Transaction& tx, const std::string& order_no, std::string_view state, const Statement& stock) {
  auto settled = tx.run(kSettleReservations, {order_no, state}).rows;
  std::ranges::sort(settled, {}, [](const SqlRow& row) { return row.text("sku"); });
  for (const auto& row : settled) tx.run(stock, {row.text("sku"), row.integer("quantity")});
}

}  // namespace

std::vector<Product> list_products(Transaction& tx) {
  std::vector<Product> products;
  for (const auto& row : tx.run(kListProducts).rows) products.push_back(product_of(row));
  return products;
}

std::optional<Product> find_product(Transaction& tx, const std::string& sku) {
  const auto found = tx.run(kFindProduct, {sku});
  if (found.empty()) return std::nullopt;
  return product_of(found.front());
}

void insert_order(Transaction& tx, const OrderRow& o) {
  tx.run(kInsertOrder,
         {o.order_no, o.user_id, name(o.state), o.total.fen(), o.deadline,
          boost::json::serialize(boost::json::value_from(o.ship_to)), o.note, o.traceparent, o.created_at});
}

void insert_line(Transaction& tx, const std::string& order_no, const contracts::OrderLine& line) {
  tx.run(kInsertLine, {order_no, line.sku, line.name, line.quantity, line.unit_price_fen});
}

bool reserve(Transaction& tx, const std::string& order_no, const std::string& sku, std::int64_t quantity) {
  if (tx.run(kReserveStock, {sku, quantity}).affected == 0) return false;
  tx.run(kInsertReservation, {order_no, sku, quantity});
  return true;
}

void commit_reservations(Transaction& tx, const std::string& order_no) {
  settle(tx, order_no, "COMMITTED", kSellStock);
}
void release_reservations(Transaction& tx, const std::string& order_no) {
  settle(tx, order_no, "RELEASED", kFreeStock);
}

std::optional<OrderRow> find_order(Transaction& tx, const std::string& order_no) {
  return one_order(tx.run(kFindOrder, {order_no}));
}

std::optional<OrderRow> lock_order(Transaction& tx, const std::string& order_no) {
  return one_order(tx.run(kLockOrder, {order_no}));
}

std::vector<OrderRow> list_orders(Transaction& tx, const std::string& user_id, const std::string& before,
                                  std::int64_t limit) {
  std::vector<OrderRow> orders;
  for (const auto& row : tx.run(kListOrders, {user_id, before, limit}).rows) orders.push_back(order_of(row));
  return orders;
}

std::vector<contracts::OrderLine> lines_of(Transaction& tx, const std::string& order_no) {
  std::vector<contracts::OrderLine> lines;
  for (const auto& row : tx.run(kLinesOf, {order_no}).rows) {
    lines.push_back(
        {row.text("sku"), row.text("name"), row.integer("quantity"), row.integer("unit_price_fen")});
  }
  return lines;
}

std::vector<TimelineEntry> timeline_of(Transaction& tx, const std::string& order_no) {
  std::vector<TimelineEntry> entries;
  for (const auto& row : tx.run(kTimelineOf, {order_no}).rows) {
    entries.push_back({.sequence = row.integer("sequence"),
                       .type = row.text("type"),
                       .actor = row.text("actor"),
                       .detail = row.text("detail"),
                       .at = row.time("at")});
  }
  return entries;
}

std::int64_t move_order(Transaction& tx, const std::string& order_no, const Step& step,
                        const std::optional<std::string>& close_reason,
                        const std::optional<Shipment>& shipment) {
  using Maybe = std::optional<std::string>;
  const auto moved = tx.run(kMoveOrder, {order_no, name(step.from), name(step.to), close_reason,
                                         shipment ? Maybe(shipment->carrier) : Maybe(),
                                         shipment ? Maybe(shipment->tracking_no) : Maybe()});
  BASE_ASSERT(moved.rows.size() == 1, "the caller locked the row and read its state");
  return moved.front().integer("version");
}

void append_timeline(Transaction& tx, const std::string& order_no, const TimelineEntry& entry) {
  tx.run(kAppendTimeline, {order_no, entry.sequence, entry.type, entry.at, entry.actor, entry.detail});
}

std::vector<std::string> overdue_orders(Transaction& tx, base::Time deadline_before, std::int64_t limit) {
  std::vector<std::string> numbers;
  for (const auto& row : tx.run(kOverdueOrders, {deadline_before, limit}).rows)
    numbers.push_back(row.text("order_no"));
  return numbers;
}

}  // namespace order
