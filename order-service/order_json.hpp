#pragma once
#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "mq/base/result.hpp"
#include "order-service/order_store.hpp"
#include "order-service/payment_store.hpp"
#include "order-service/place_order.hpp"

// What the buyer API reads and writes (openapi.json). Pure.
namespace order {

// A request body that is not what the API describes; `pointer` is the field, as a JSON pointer.
struct BadField {
  std::string pointer, what;
};
template <class T>
struct Parsed {
  T value{};
  std::optional<BadField> bad;
};

// Lines come back sorted by SKU with doubled SKUs merged.
Parsed<std::vector<WantedLine>> parse_lines(std::string_view body);
// Everything of PlaceOrderCommand that the buyer says.
Parsed<PlaceOrderCommand> parse_place_order(std::string_view body);
// The channel to pay through; "alipay" is the only one so far.
Parsed<std::string> parse_start_payment(std::string_view body);

boost::json::value to_json(const Product& product);
boost::json::value to_json(const Quote& quote);
boost::json::value to_json(const OrderRow& order, const std::vector<contracts::OrderLine>& lines,
                           const std::vector<Refund>& refunds);
boost::json::value to_json(const TimelineEntry& entry);

}  // namespace order
