#include "mq/broker/message_filter.hpp"

#include <gtest/gtest.h>

#include "mq/model/names.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

std::string properties(std::string_view tag, std::string_view price) {
  return format_properties({{"TAGS", std::string(tag)}, {"price", std::string(price)}});
}

TEST(MessageFilter, TagsAreLookedUpByHashThenByText) {
  const auto parsed = parse_filter("TAG", "Aa || C");
  ASSERT_TRUE(parsed.filter);
  EXPECT_FALSE(parsed.filter->everything());
  EXPECT_TRUE(parsed.filter->may_match(tag_hash("BB"))) << "the same hash as Aa";
  EXPECT_FALSE(parsed.filter->matches(properties("BB", "1")));
  EXPECT_TRUE(parsed.filter->matches(properties("C", "1")));
  EXPECT_TRUE(parse_filter("", "*").filter->everything());
  EXPECT_TRUE(MessageFilter().everything());
}

TEST(MessageFilter, ASelectorLooksAtProperties) {
  const auto parsed = parse_filter("SQL92", "price > 50 AND TAGS = 'paid'");
  ASSERT_TRUE(parsed.filter) << parsed.problem;
  EXPECT_FALSE(parsed.filter->everything());
  EXPECT_TRUE(parsed.filter->may_match(0)) << "a hash says nothing of properties";
  EXPECT_TRUE(parsed.filter->matches(properties("paid", "51")));
  EXPECT_FALSE(parsed.filter->matches(properties("paid", "50")));
  EXPECT_FALSE(parsed.filter->matches(properties("sent", "51")));
}

TEST(MessageFilter, WhatMakesNoSenseSaysWhy) {
  for (const auto& [type, expression] : {std::pair{"TAG", "||"}, {"SQL92", "price >"}, {"GROOVY", "*"}}) {
    const auto parsed = parse_filter(type, expression);
    EXPECT_FALSE(parsed.filter) << type;
    EXPECT_NE(parsed.problem, "") << type;
  }
}

TEST(MessageFilter, SelectorsHaveToBeAllowed) {
  EXPECT_EQ(check_filter_type("TAG", false).code, response_code::kSuccess);
  EXPECT_EQ(check_filter_type("SQL92", true).code, response_code::kSuccess);
  EXPECT_EQ(check_filter_type("SQL92", false).code, response_code::kSystemError);
  EXPECT_EQ(check_filter_type("GROOVY", true).code, response_code::kSystemError);
}

}  // namespace
}  // namespace mq::broker
