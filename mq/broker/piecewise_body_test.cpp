#include "mq/broker/piecewise_body.hpp"

#include <gtest/gtest.h>

#include "mq/protocol/bodies_admin.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/bodies_route.hpp"

namespace mq::broker {
namespace {

TEST(PiecewiseBodyTest, PiecesMakeTheTextOfTheWhole) {
  protocol::SubscriptionGroupWrapper whole;
  whole.data_version = {7, 8, 9};
  PiecewiseBody<protocol::SubscriptionGroupWrapper> text("subscriptionGroupTable");
  for (const auto* name : {"a", "b\"quoted", "c"}) {
    protocol::SubscriptionGroupConfig group;
    group.group = name;
    protocol::SubscriptionGroupWrapper one;
    one.groups.emplace(name, group);
    text.add(one);
    whole.groups.emplace(name, group);
  }
  protocol::SubscriptionGroupWrapper rest;
  rest.data_version = whole.data_version;
  EXPECT_EQ(text.text(rest), protocol::encode_body(whole));
}

TEST(PiecewiseBodyTest, NumbersInFrontOfTheTableMayHaveAnyLength) {
  protocol::ConsumeStats whole;
  whole.consume_tps = 12345.25;
  PiecewiseBody<protocol::ConsumeStats> text("offsetTable");
  for (int queue = 0; queue < 3; ++queue) {
    const MessageQueue id{"T", "broker-a", queue};
    protocol::ConsumeStats one;
    one.offsets.emplace(id, protocol::ConsumeOffset{1, 2, 3, 4});
    text.add(one);
    whole.offsets.emplace(id, protocol::ConsumeOffset{1, 2, 3, 4});
  }
  protocol::ConsumeStats rest;
  rest.consume_tps = whole.consume_tps;
  EXPECT_EQ(text.text(rest), protocol::encode_body(whole));
}

TEST(PiecewiseBodyTest, AListInFrontOfNumbers) {
  protocol::ConsumeStatsList whole;
  whole.broker_address = "127.0.0.1:10911";
  whole.total_diff = 42;
  PiecewiseBody<protocol::ConsumeStatsList> text("consumeStatsList");
  EXPECT_EQ(text.text(whole), protocol::encode_body(whole)) << "no elements";
  auto rest = whole;
  for (const auto* group : {"g", "h"}) {
    protocol::ConsumeStatsList one;
    one.stats.push_back({{group, {protocol::ConsumeStats{}}}});
    text.add(one);
    whole.stats.push_back(one.stats.front());
  }
  EXPECT_EQ(text.text(rest), protocol::encode_body(whole));
}

}  // namespace
}  // namespace mq::broker
