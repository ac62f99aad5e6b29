#include "mq/model/names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mq {
namespace {

TEST(TagHash, EqualsJavaStringHashCode) {
  EXPECT_EQ(tag_hash(""), 0);
  EXPECT_EQ(tag_hash("A"), 65);
  EXPECT_EQ(tag_hash("TagA"), 2598919);
  EXPECT_EQ(tag_hash("TagB"), 2598920);
  EXPECT_EQ(tag_hash("order_created_event_v2"), -2144314743);
  EXPECT_EQ(tag_hash("TAG-订单"), -1826801882);
}

TEST(TagHash, TakesCharactersAboveTheBasicPlaneAsTwoUnits) {
  // U+1F600 is d83d de00 in UTF-16.
  EXPECT_EQ(tag_hash("\xf0\x9f\x98\x80"), 0xd83d * 31 + 0xde00);
}

TEST(TagHash, TellsCollidingTagsApartNoMoreThanJavaDoes) { EXPECT_EQ(tag_hash("Aa"), tag_hash("BB")); }

TEST(TagHash, TakesBrokenUtf8AsReplacementCharacters) {
  const std::int64_t one = 0xfffd;
  EXPECT_EQ(tag_hash("\xff"), one);
  EXPECT_EQ(tag_hash("\xe4\xbd"), one);                              // cut off: one for the whole part
  EXPECT_EQ(tag_hash("\xc0\x80"), one * 31 + one);                   // overlong
  EXPECT_EQ(tag_hash("\xed\xa0\x80"), (one * 31 + one) * 31 + one);  // a surrogate
  EXPECT_EQ(tag_hash("\xf5"), one);
}

TEST(TopicNames, AllowWhatRocketMqAllows) {
  EXPECT_TRUE(is_valid_topic("order-events_1|%"));
  EXPECT_TRUE(is_valid_topic(std::string(127, 't')));
  EXPECT_TRUE(is_valid_topic(retry_topic(std::string(248, 'g'))));
  EXPECT_TRUE(is_valid_topic(dead_letter_topic(std::string(250, 'g'))));
}

TEST(TopicNames, RefuseTheRest) {
  EXPECT_FALSE(is_valid_topic(""));
  EXPECT_FALSE(is_valid_topic(std::string(128, 't')));
  EXPECT_FALSE(is_valid_topic(retry_topic(std::string(249, 'g'))));
  for (const char* bad : {"a b", "a.b", "a/b", "订单", "a\n", "a:b"})
    EXPECT_FALSE(is_valid_topic(bad)) << bad;
  EXPECT_FALSE(is_valid_topic(std::string("a\0b", 3)));
}

TEST(GroupNames, LeaveRoomForTheirRetryTopic) {
  EXPECT_TRUE(is_valid_group(std::string(248, 'g')));
  EXPECT_TRUE(is_valid_topic(retry_topic(std::string(248, 'g'))));
  EXPECT_FALSE(is_valid_group(std::string(249, 'g')));
  EXPECT_FALSE(is_valid_group(""));
  EXPECT_FALSE(is_valid_group("g g"));
}

TEST(SendTargets, ExcludeTheBrokersOwnTopics) {
  EXPECT_TRUE(is_forbidden_send_target("SCHEDULE_TOPIC_XXXX"));
  EXPECT_TRUE(is_forbidden_send_target("RMQ_SYS_TRANS_HALF_TOPIC"));
  EXPECT_TRUE(is_forbidden_send_target("rmq_sys_wheel_timer"));
  EXPECT_FALSE(is_forbidden_send_target("order-events"));
  EXPECT_FALSE(is_forbidden_send_target("%RETRY%g"));
  EXPECT_FALSE(is_forbidden_send_target("BenchmarkTest"));
}

}  // namespace
}  // namespace mq
