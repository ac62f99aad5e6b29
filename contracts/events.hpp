#pragma once
#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The `data` of each event. Money is in fen, times are RFC 3339 text in UTC.
namespace contracts {

struct OrderLine {
  std::string sku;
  std::string name;
  std::int64_t quantity = 0;
  std::int64_t unit_price_fen = 0;
};
BOOST_DESCRIBE_STRUCT(OrderLine, (), (sku, name, quantity, unit_price_fen))

// --- order-events ----------------------------------------------------------------------------
struct OrderCreated {
  static constexpr std::string_view kType = "OrderCreated";
  std::string user_id;
  std::int64_t total_fen = 0;
  std::string pay_before;
  std::vector<OrderLine> lines;
};
BOOST_DESCRIBE_STRUCT(OrderCreated, (), (user_id, total_fen, pay_before, lines))

struct Address {
  std::string name, phone, city, street;
};
BOOST_DESCRIBE_STRUCT(Address, (), (name, phone, city, street))

struct OrderPaid {
  static constexpr std::string_view kType = "OrderPaid";
  std::string user_id;
  std::int64_t paid_fen = 0;
  std::string paid_at;
  std::string channel;
  Address ship_to;
  std::vector<OrderLine> lines;
};
BOOST_DESCRIBE_STRUCT(OrderPaid, (), (user_id, paid_fen, paid_at, channel, ship_to, lines))

struct OrderClosed {
  static constexpr std::string_view kType = "OrderClosed";
  std::string user_id;
  std::string reason;  // TIMEOUT, USER
};
BOOST_DESCRIBE_STRUCT(OrderClosed, (), (user_id, reason))

// Money came for an order that was closed, or twice: it goes back by itself.
struct LatePayment {
  static constexpr std::string_view kType = "LatePayment";
  std::string user_id;
  std::int64_t paid_fen = 0;
  std::string reason;  // LATE_PAYMENT, DUPLICATE_PAYMENT, MISMATCH
  std::string refund_no;
};
BOOST_DESCRIBE_STRUCT(LatePayment, (), (user_id, paid_fen, reason, refund_no))

struct PaymentRefunded {
  static constexpr std::string_view kType = "PaymentRefunded";
  std::string user_id;
  std::string refund_no;
  std::int64_t refunded_fen = 0;
};
BOOST_DESCRIBE_STRUCT(PaymentRefunded, (), (user_id, refund_no, refunded_fen))

struct OrderFulfilling {
  static constexpr std::string_view kType = "OrderFulfilling";
  std::string user_id;
};
BOOST_DESCRIBE_STRUCT(OrderFulfilling, (), (user_id))

struct OrderShipped {
  static constexpr std::string_view kType = "OrderShipped";
  std::string user_id;
  std::string carrier;
  std::string tracking_no;
};
BOOST_DESCRIBE_STRUCT(OrderShipped, (), (user_id, carrier, tracking_no))

// --- reward-events ---------------------------------------------------------------------------
struct RewardGranted {
  static constexpr std::string_view kType = "RewardGranted";
  std::string user_id;
  std::string kind;         // COUPON, POINTS, RED_PACKET
  std::int64_t amount = 0;  // fen, or points
  std::string reference;
};
BOOST_DESCRIBE_STRUCT(RewardGranted, (), (user_id, kind, amount, reference))

// --- push-events -----------------------------------------------------------------------------
struct PushSent {
  static constexpr std::string_view kType = "PushSent";
  std::string user_id;
  std::string template_name;
  std::string channel;  // PUSH, SMS
};
BOOST_DESCRIBE_STRUCT(PushSent, (), (user_id, template_name, channel))

// --- fulfilment-events -----------------------------------------------------------------------
struct ShipmentAccepted {
  static constexpr std::string_view kType = "ShipmentAccepted";
  std::string shipment_no;
};
BOOST_DESCRIBE_STRUCT(ShipmentAccepted, (), (shipment_no))

struct ShipmentShipped {
  static constexpr std::string_view kType = "ShipmentShipped";
  std::string shipment_no;
  std::string carrier;
  std::string tracking_no;
};
BOOST_DESCRIBE_STRUCT(ShipmentShipped, (), (shipment_no, carrier, tracking_no))

// --- order-timeout ---------------------------------------------------------------------------
struct PaymentDeadline {
  static constexpr std::string_view kType = "PaymentDeadline";
  std::int64_t deadline_version = 0;  // an extended deadline makes older messages no-ops
};
BOOST_DESCRIBE_STRUCT(PaymentDeadline, (), (deadline_version))

}  // namespace contracts
