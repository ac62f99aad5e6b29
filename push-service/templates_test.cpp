#include "push-service/templates.hpp"

#include <gmock/gmock.h>

#include "contracts/event.hpp"
#include "contracts/events.hpp"

namespace push {
namespace {

using ::testing::HasSubstr;

template <class Data>
contracts::Envelope event(const Data& data) {
  return contracts::make_event(
      {.event_id = "e", .order_no = "8261", .sequence = 1, .occurred_at = {}, .traceparent = {}}, data);
}

const contracts::OrderPaid kPaid{
    "buyer", 12'305, "2026-03-01T09:02:03.045Z", "alipay", {"王小明", "13800000000", "杭州", "文三路 1 号"},
    {}};

TEST(TemplatesTest, EachKindOfNewsHasItsOwnWords) {
  const auto words = [](const auto& data) { return text_for(event(data)).value().value(); };
  const auto paid = words(kPaid);
  EXPECT_EQ(paid.name, "order_paid");
  EXPECT_EQ(paid.user_id, "buyer");
  EXPECT_THAT(paid.body, HasSubstr("¥123.05"));
  EXPECT_THAT(paid.body, HasSubstr("8261"));
  EXPECT_EQ(paid.phone, "13800000000");
  const auto shipped = words(contracts::OrderShipped{"buyer", "SF Express", "SF1"});
  EXPECT_EQ(shipped.name, "order_shipped");
  EXPECT_THAT(shipped.body, HasSubstr("SF Express"));
  EXPECT_THAT(shipped.body, HasSubstr("SF1"));
  EXPECT_EQ(shipped.phone, std::nullopt);
  EXPECT_EQ(words(contracts::OrderClosed{"buyer", "TIMEOUT"}).name, "order_closed");
  EXPECT_THAT(words(contracts::LatePayment{"buyer", 5, "LATE_PAYMENT", "R1"}).body, HasSubstr("¥0.05"));
  EXPECT_THAT(words(contracts::PaymentRefunded{"buyer", "R1", 100}).body, HasSubstr("R1"));
}

TEST(TemplatesTest, NobodyIsToldOfTheRest) {
  const auto silence = [](const contracts::Envelope& e) {
    const auto text = text_for(e);
    return text && !*text;
  };
  EXPECT_TRUE(silence(event(contracts::OrderCreated{"buyer", 1, "", {}})));
  EXPECT_TRUE(silence(event(contracts::OrderFulfilling{"buyer"})));
  auto unheard_of = event(contracts::OrderFulfilling{"buyer"});
  unheard_of.type = "OrderFramed";
  EXPECT_TRUE(silence(unheard_of));
}

TEST(TemplatesTest, NewsThatCannotBeReadIsAnError) {
  auto broken = event(kPaid);
  broken.data.as_object().erase("user_id");
  EXPECT_FALSE(text_for(broken));
  broken.data.as_object()["user_id"] = "";
  EXPECT_FALSE(text_for(broken)) << "there is nobody to tell";
  broken.data = nullptr;
  EXPECT_FALSE(text_for(broken));
}

}  // namespace
}  // namespace push
