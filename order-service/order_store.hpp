#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chassis/sql.hpp"
#include "contracts/events.hpp"
#include "order-service/domain/money.hpp"
#include "order-service/domain/order_state.hpp"

// The orders' SQL: every statement of orders, lines, reservations and the timeline, and nothing else.
// Functions take an open transaction and run on a database thread.
//
// Lock order, the same everywhere: the order's row, then its reservations, then stock in SKU order.
namespace order {

struct Product {
  std::string sku, name_zh, name_en, description;
  Money price;
  bool on_sale = false;
  std::int64_t available = 0;  // on hand and not reserved; a hint, the reservation decides
};

struct OrderRow {
  std::string order_no, user_id;
  State state = State::pending_payment;
  std::optional<std::string> close_reason;
  Money total;
  std::int64_t version = 0;
  base::Time deadline;
  std::int64_t deadline_version = 0;
  contracts::Address ship_to;
  std::string note;
  std::string traceparent;  // of the request that placed it
  std::optional<std::string> carrier, tracking_no;
  base::Time created_at;
};

struct TimelineEntry {
  std::int64_t sequence = 0;
  std::string type, actor, detail;
  base::Time at;
};

std::vector<Product> list_products(chassis::Transaction& tx);
std::optional<Product> find_product(chassis::Transaction& tx, const std::string& sku);

void insert_order(chassis::Transaction& tx, const OrderRow& order);
void insert_line(chassis::Transaction& tx, const std::string& order_no, const contracts::OrderLine& line);
// False when fewer than `quantity` are free; the whole order must roll back then.
bool reserve(chassis::Transaction& tx, const std::string& order_no, const std::string& sku,
             std::int64_t quantity);
// What was held is sold, or free again. Repeating changes nothing.
void commit_reservations(chassis::Transaction& tx, const std::string& order_no);
void release_reservations(chassis::Transaction& tx, const std::string& order_no);

std::optional<OrderRow> find_order(chassis::Transaction& tx, const std::string& order_no);
// Waits for whoever changes the order now, for at most the lock timeout.
std::optional<OrderRow> lock_order(chassis::Transaction& tx, const std::string& order_no);
std::vector<OrderRow> list_orders(chassis::Transaction& tx, const std::string& user_id,
                                  const std::string& before, std::int64_t limit);
std::vector<contracts::OrderLine> lines_of(chassis::Transaction& tx, const std::string& order_no);
std::vector<TimelineEntry> timeline_of(chassis::Transaction& tx, const std::string& order_no);

// Raises the version and sets the state; returns the new version. Pre: the row is locked by this
// transaction and its state is step.from.
struct Shipment {
  std::string carrier, tracking_no;
};
std::int64_t move_order(chassis::Transaction& tx, const std::string& order_no, const Step& step,
                        const std::optional<std::string>& close_reason,
                        const std::optional<Shipment>& shipment);
void append_timeline(chassis::Transaction& tx, const std::string& order_no, const TimelineEntry& entry);

// Unpaid orders whose deadline has passed, the oldest first.
std::vector<std::string> overdue_orders(chassis::Transaction& tx, base::Time deadline_before,
                                        std::int64_t limit);

}  // namespace order
