#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chassis/sql.hpp"
#include "contracts/events.hpp"
#include "order-service/cause.hpp"
#include "order-service/domain/money.hpp"
#include "order-service/order_store.hpp"

namespace order {

inline constexpr std::size_t kLinesMax = 50;        // a basket, not a warehouse
inline constexpr std::int64_t kQuantityMax = 999;   // per line
inline constexpr std::size_t kNoteLengthMax = 500;  // characters

struct WantedLine {
  std::string sku;
  std::int64_t quantity = 0;  // 1 to kQuantityMax
};

struct PlaceOrderCommand {
  std::string order_no;  // made before the transaction, so that a second run meets the first
  std::string user_id;
  std::vector<WantedLine> lines;  // sorted by SKU, no SKU twice, 1 to kLinesMax
  contracts::Address ship_to;
  std::string note;
  // What the buyer was shown; nothing: take today's prices.
  std::optional<Money> expected_total;
  base::Time deadline;
};

enum class Placed { created, sku_unknown, not_on_sale, out_of_stock, price_changed, total_too_large };

struct PlaceOrderOutcome {
  Placed placed = Placed::created;
  std::string sku;  // the line that stopped it
  OrderRow order;
  std::vector<contracts::OrderLine> lines;
};

// Prices the lines, reserves the stock in SKU order, writes the order, OrderCreated and the deadline's
// timer message. All or nothing; the caller rolls back on any outcome but `created`.
PlaceOrderOutcome place_order(chassis::Transaction& tx, const PlaceOrderCommand& command, const Cause& cause);

struct Quote {
  Placed placed = Placed::created;
  std::string sku;
  std::vector<contracts::OrderLine> lines;
  Money total;
};
// Today's prices of the lines; reserves nothing.
Quote quote(chassis::Transaction& tx, const std::vector<WantedLine>& lines);

}  // namespace order
