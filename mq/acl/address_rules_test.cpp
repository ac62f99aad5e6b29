#include "mq/acl/address_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mq::acl {
namespace {

bool matches(const std::string& rules, const std::string& ip) {
  AddressRules parsed;
  EXPECT_TRUE(parsed.add(rules)) << rules;
  return parsed.match(*parse_host(ip + ":4711"));
}

TEST(AddressRules, AnAddressMatchesItselfAlone) {
  EXPECT_TRUE(matches("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(matches("10.1.2.3", "10.1.2.30"));
  EXPECT_FALSE(matches("10.1.2.3", "110.1.2.3"));
}

TEST(AddressRules, StarsRangesAndListsMatchWhatTheySay) {
  EXPECT_TRUE(matches("*", "1.2.3.4"));
  EXPECT_TRUE(matches("192.168.*.*", "192.168.0.255"));
  EXPECT_FALSE(matches("192.168.*.*", "192.169.0.1"));
  EXPECT_TRUE(matches("192.168.1-10.*", "192.168.10.7"));
  EXPECT_FALSE(matches("192.168.1-10.*", "192.168.11.7"));
  EXPECT_TRUE(matches("10.0.0.{7,9}", "10.0.0.9"));
  EXPECT_FALSE(matches("10.0.0.{7,9}", "10.0.0.8"));
  EXPECT_TRUE(matches("10.0.0.1, 10.0.0.{2,3},172.16.*.*", "172.16.9.9"));
}

TEST(AddressRules, NoRuleMatchesNothing) {
  EXPECT_FALSE(AddressRules{}.match(*parse_host("127.0.0.1:1")));
  EXPECT_FALSE(matches("", "127.0.0.1"));
}

TEST(AddressRules, NonsenseIsRefused) {
  for (const auto* text :
       {"10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.", "10.1.2.x", "10.1.2.9-1", "10.1.2.{}", "10.1.2.{1",
        "::1", "localhost", "10.1.2.3/24", "-", "10.1.2.{1,}x"}) {
    AddressRules rules;
    EXPECT_FALSE(rules.add(text)) << text;
    EXPECT_TRUE(rules.empty()) << text;
  }
}

}  // namespace
}  // namespace mq::acl
