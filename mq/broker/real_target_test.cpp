#include "mq/broker/real_target.hpp"

#include <gtest/gtest.h>

namespace mq::broker {
namespace {

TEST(RealTarget, IsWhatWasSet) {
  std::string properties = "KEYS\x01k\x02";
  set_real_target(properties, "T", 7);
  const auto target = real_target(properties);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->topic, "T");
  EXPECT_EQ(target->queue, 7);
}

TEST(RealTarget, HalfATargetIsNone) {
  for (const std::string properties :
       {"", "REAL_TOPIC\x01T\x02",
        "REAL_QID\x01"
        "1\x02",
        "REAL_TOPIC\x01T\x02REAL_QID\x01-1\x02", "REAL_TOPIC\x01T\x02REAL_QID\x01x\x02",
        "REAL_TOPIC\x01T\x02REAL_QID\x01"
        "99999999999\x02"}) {
    EXPECT_FALSE(real_target(properties)) << properties;
  }
}

}  // namespace
}  // namespace mq::broker
