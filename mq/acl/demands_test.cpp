#include "mq/acl/demands.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "mq/base/bytes.hpp"

namespace mq::acl {
namespace {

Demands demands(std::int32_t code, std::vector<std::pair<std::string, std::string>> ext,
                std::string body = {}) {
  protocol::Command request;
  request.code = code;
  request.ext = std::move(ext);
  request.body = std::move(body);
  base::Bytes frame;
  protocol::encode(request, frame);
  protocol::CommandView view;
  EXPECT_TRUE(protocol::decode(frame, view));
  return demands_of(view);
}

constexpr auto kTopic = Resource::topic;
constexpr auto kGroup = Resource::group;
using All = std::vector<Demand>;

TEST(Demands, SendsNameTheirTopicInTheFieldOfTheirVersion) {
  EXPECT_EQ(demands(10, {{"topic", "T"}, {"b", "X"}}).all, (All{{kTopic, "T", action::kPub}}));
  EXPECT_EQ(demands(310, {{"b", "T"}, {"topic", "X"}}).all, (All{{kTopic, "T", action::kPub}}));
  EXPECT_EQ(demands(320, {{"b", "T"}}).all, (All{{kTopic, "T", action::kPub}}));
  EXPECT_FALSE(demands(310, {{"b", "T"}}).admin);
}

TEST(Demands, PullsNeedTopicAndGroup) {
  for (const auto code : {11, 361, 200050, 200051, 200053}) {
    EXPECT_EQ(demands(code, {{"topic", "T"}, {"consumerGroup", "g"}}).all,
              (All{{kTopic, "T", action::kSub}, {kGroup, "g", action::kSub}}))
        << code;
  }
}

TEST(Demands, WhatWasPoppedAndComesAgainNeedsItsOwnTopicAndGroup) {
  for (const auto* again : {"%RETRY%g_T", "%RETRY%g+T"}) {
    EXPECT_EQ(demands(200051, {{"topic", again}, {"consumerGroup", "g"}}).all,
              (All{{kTopic, "T", action::kSub}, {kGroup, "g", action::kSub}}))
        << again;
  }
  for (const auto* other : {"%RETRY%h_T", "%RETRY%g", "%RETRY%g_", "%RETRY%gg_T"}) {
    EXPECT_EQ(demands(200051, {{"topic", other}, {"consumerGroup", "g"}}).all,
              (All{{kTopic, other, action::kSub}, {kGroup, "g", action::kSub}}))
        << other;
  }
}

TEST(Demands, ARequestThatDoesNotSayWhatItIsAboutIsAnAdministrators) {
  EXPECT_TRUE(demands(310, {}).admin);
  EXPECT_TRUE(demands(11, {{"topic", "T"}}).admin);
  EXPECT_TRUE(demands(11, {{"topic", ""}, {"consumerGroup", "g"}}).admin);
  EXPECT_FALSE(demands(37, {}).admin) << "old clients do not name the topic of a decision";
  EXPECT_FALSE(demands(35, {{"clientID", "c"}, {"producerGroup", "p"}}).admin) << "a producer that leaves";
}

TEST(Demands, AHeartbeatNamesEveryGroupAndTopic) {
  const auto found =
      demands(34, {}, R"({"clientID":"c","consumerDataSet":[{"groupName":"g","subscriptionDataSet":[
      {"topic":"T","subString":"*"},{"topic":"%RETRY%g","subString":"*"}]}],
      "producerDataSet":[{"groupName":"p"}]})");
  EXPECT_FALSE(found.admin);
  EXPECT_EQ(
      found.all,
      (All{{kGroup, "g", action::kSub}, {kTopic, "T", action::kSub}, {kTopic, "%RETRY%g", action::kSub}}));
}

TEST(Demands, LocksAndChecksNameTheirsInTheBody) {
  EXPECT_EQ(
      demands(41, {},
              R"({"clientId":"c","consumerGroup":"g","mqSet":[{"brokerName":"b","queueId":0,"topic":"T"}]})")
          .all,
      (All{{kGroup, "g", action::kSub}, {kTopic, "T", action::kSub}}));
  EXPECT_EQ(demands(46, {}, R"({"clientId":"c","group":"g","subscriptionData":{"topic":"T"}})").all,
            (All{{kGroup, "g", action::kSub}, {kTopic, "T", action::kSub}}));
  EXPECT_EQ(demands(400, {}, R"({"clientId":"c","consumerGroup":"g","topic":"T"})").all,
            (All{{kGroup, "g", action::kSub}, {kTopic, "T", action::kSub}}));
  EXPECT_EQ(demands(200151, {}, R"({"brokerName":"b","acks":[{"c":"g","t":"T"}]})").all,
            (All{{kGroup, "g", action::kSub}, {kTopic, "T", action::kSub}}));
}

TEST(Demands, ABodyNobodyCanReadIsAnAdministrators) {
  for (const auto code : {34, 41, 42, 46, 400, 200151}) EXPECT_TRUE(demands(code, {}, "{").admin) << code;
}

TEST(Demands, TheTemplateOfNewTopicsMayBeLookedUpByAnybody) {
  EXPECT_TRUE(demands(105, {{"topic", "TBW102"}}).all.empty());
  EXPECT_EQ(demands(105, {{"topic", "T"}}).all.size(), 1U);
}

TEST(Demands, WhatIsNotInTheTableIsAnAdministrators) {
  EXPECT_EQ(find_row(999'999), nullptr);
  EXPECT_TRUE(demands(999'999, {}).admin);
  EXPECT_TRUE(demands(-1, {}).admin);
}

TEST(Demands, WhatChangesTheClusterIsAnAdministratorsAndAudited) {
  for (const auto code : {17, 18, 25, 100, 102, 200, 205, 207, 215, 216, 222, 225, 314, 318, 327, 401}) {
    ASSERT_NE(find_row(code), nullptr) << code;
    EXPECT_EQ(find_row(code)->asks, Asks::admin) << code;
    EXPECT_TRUE(find_row(code)->audited) << code;
  }
}

}  // namespace
}  // namespace mq::acl
