#include "mq/broker/send_properties.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mq::broker {
namespace {

TEST(SendProperties, WhatTheBrokerActsUponIsFoundInOnePass) {
  const auto found = scan_properties(
      "UNIQ_KEY\x01"
      "A1\x02"
      "WAIT\x01"
      "false\x02"
      "DELAY\x01"
      "3\x02");
  EXPECT_EQ(found.unique_key, "A1");
  EXPECT_TRUE(found.answered_early());
  EXPECT_EQ(found.delay.level, "3");
  EXPECT_FALSE(found.has_brokers_own);
}

// A message that was consumed from a broker and sent on still has them: they are replaced, not doubled.
TEST(SendProperties, WhatOnlyABrokerSetsIsNoticedAlsoWithoutAValue) {
  for (const std::string name : {"MSG_REGION", "TRACE_ON", "CLUSTER"}) {
    EXPECT_TRUE(scan_properties("a\x01"
                                "b\x02" +
                                name +
                                "\x01"
                                "x\x02")
                    .has_brokers_own)
        << name;
    EXPECT_TRUE(scan_properties(name + "\x01").has_brokers_own) << name;
    EXPECT_FALSE(scan_properties("a\x01" + name + "\x02" + name +
                                 "2\x01"
                                 "x")
                     .has_brokers_own)
        << name;
    EXPECT_FALSE(scan_properties(name).has_brokers_own) << name << " is no item";
  }
}

TEST(SendProperties, AnItemWithAnEmptyValueDoesNotExist) {
  EXPECT_FALSE(scan_properties("UNIQ_KEY\x01\x02").unique_key);
}

}  // namespace
}  // namespace mq::broker
