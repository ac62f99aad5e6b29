#include "order-service/place_order.hpp"

#include "contracts/time_text.hpp"
#include "order-service/deadline.hpp"
#include "order-service/order_events.hpp"

namespace order {
namespace {

// The deadline as a message to ourselves: it arrives when the order has to be looked at.
void remind_at_deadline(chassis::Transaction& tx, const OrderRow& order, const Cause& cause) {
  const contracts::PaymentDeadline data{.deadline_version = order.deadline_version};
  chassis::Outbox::add(tx, {.topic = std::string(contracts::topic::kOrderTimeout),
                            .tag = std::string(contracts::PaymentDeadline::kType),
                            .key = order.order_no,
                            .body = envelope_of(order.order_no, order.deadline_version, data, cause),
                            .deliver_at = order.deadline});
}

}  // namespace

Quote quote(chassis::Transaction& tx, const std::vector<WantedLine>& wanted) {
  Quote quoted;
  for (const auto& line : wanted) {
    const auto product = find_product(tx, line.sku);
    if (!product) return {.placed = Placed::sku_unknown, .sku = line.sku, .lines = {}, .total = {}};
    if (!product->on_sale) return {.placed = Placed::not_on_sale, .sku = line.sku, .lines = {}, .total = {}};
    const auto amount = times(product->price, line.quantity);
    const auto total = amount ? add(quoted.total, *amount) : std::nullopt;
    if (!total) return {.placed = Placed::total_too_large, .sku = line.sku, .lines = {}, .total = {}};
    quoted.total = *total;
    quoted.lines.push_back({line.sku, product->name_zh, line.quantity, product->price.fen()});
  }
  return quoted;
}

PlaceOrderOutcome place_order(chassis::Transaction& tx, const PlaceOrderCommand& command,
                              const Cause& cause) {
  auto quoted = quote(tx, command.lines);
  const auto stopped = [](Placed why, std::string sku) {
    return PlaceOrderOutcome{.placed = why, .sku = std::move(sku), .order = {}, .lines = {}};
  };
  if (quoted.placed != Placed::created) return stopped(quoted.placed, quoted.sku);
  if (command.expected_total && *command.expected_total != quoted.total)
    return stopped(Placed::price_changed, "");

  OrderRow order{.order_no = command.order_no,
                 .user_id = command.user_id,
                 .state = State::pending_payment,
                 .close_reason = std::nullopt,
                 .total = quoted.total,
                 .version = 1,
                 .deadline = command.deadline,
                 .deadline_version = 1,
                 .ship_to = command.ship_to,
                 .note = command.note,
                 .traceparent = cause.traceparent,
                 .carrier = std::nullopt,
                 .tracking_no = std::nullopt,
                 .created_at = cause.now};
  insert_order(tx, order);
  for (const auto& line : quoted.lines) {
    insert_line(tx, order.order_no, line);
    if (!reserve(tx, order.order_no, line.sku, line.quantity)) return stopped(Placed::out_of_stock, line.sku);
  }
  publish(tx, order.order_no, order.version,
          contracts::OrderCreated{.user_id = order.user_id,
                                  .total_fen = order.total.fen(),
                                  .pay_before = contracts::format_time(shown_deadline(order)),
                                  .lines = quoted.lines},
          cause);
  remind_at_deadline(tx, order, cause);
  return {.placed = Placed::created, .sku = {}, .order = std::move(order), .lines = std::move(quoted.lines)};
}

}  // namespace order
