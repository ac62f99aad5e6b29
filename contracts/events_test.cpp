#include "contracts/events.hpp"

#include <gtest/gtest.h>

#include <set>

#include "contracts/event.hpp"

namespace contracts {
namespace {

EventHead head() {
  return {.event_id = "e-1",
          .order_no = "8261",
          .sequence = 4,
          .occurred_at = base::from_millis(1'767'225'600'000),
          .traceparent = ""};
}

// Every event there is; a new one that is missing here is missing its round trip.
using AllEvents =
    testing::Types<OrderCreated, OrderPaid, OrderClosed, LatePayment, PaymentRefunded, OrderFulfilling,
                   OrderShipped, RewardGranted, PushSent, ShipmentAccepted, ShipmentShipped, PaymentDeadline>;

template <class Event>
class EveryEvent : public testing::Test {};
TYPED_TEST_SUITE(EveryEvent, AllEvents);

TYPED_TEST(EveryEvent, GoesThroughItsEnvelopeAndBack) {
  const auto sent = make_event(head(), TypeParam{});
  EXPECT_EQ(sent.type, TypeParam::kType);
  const auto received = decode_envelope(encode(sent));
  ASSERT_TRUE(received) << received.error().message();
  const auto data = event_data<TypeParam>(*received);
  ASSERT_TRUE(data) << data.error().message();
  EXPECT_EQ(encode(*data), sent.data);
}

TYPED_TEST(EveryEvent, DescribesItsFields) {
  EXPECT_FALSE(encode(TypeParam{}).as_object().empty()) << TypeParam::kType;
}

TEST(EventsTest, DataIsReadOnlyAsWhatItIs) {
  const auto shipped = make_event(EventHead{}, OrderShipped{});
  EXPECT_TRUE(event_data<OrderShipped>(shipped));
  EXPECT_FALSE(event_data<OrderPaid>(shipped));
}

TEST(EventsTest, AnOrderKeepsItsLinesAndAddress) {
  const OrderPaid paid{.user_id = "u-1",
                       .paid_fen = 3998,
                       .paid_at = "2026-03-01T08:00:00.123Z",
                       .channel = "ALIPAY",
                       .ship_to = {"李雷", "13800000000", "杭州", "西湖路 1 号"},
                       .lines = {{"tea-01", "龙井茶", 2, 1999}}};
  const auto received = decode_envelope(encode(make_event(head(), paid)));
  ASSERT_TRUE(received);
  const auto again = event_data<OrderPaid>(*received);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->ship_to.city, "杭州");
  EXPECT_EQ(again->lines.at(0).name, "龙井茶");
  EXPECT_EQ(again->lines.at(0).unit_price_fen, 1999);
}

}  // namespace
}  // namespace contracts
