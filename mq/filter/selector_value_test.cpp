#include "mq/filter/selector_value.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mq::filter {
namespace {

using namespace std::string_view_literals;

TEST(SelectorValue, IntegersAreReadAsJavaDoes) {
  EXPECT_EQ(parse_int("12"), 12);
  EXPECT_EQ(parse_int("+12"), 12);
  EXPECT_EQ(parse_int("-2147483648"), -2147483648);
  EXPECT_EQ(parse_long("2147483648"), 2147483648);
  for (const auto* text : {"", "+", "-", "+-1", " 1", "1 ", "1.0", "2147483648", "1L", "a"}) {
    EXPECT_FALSE(parse_int(text)) << text;
  }
}

TEST(SelectorValue, DoublesAreReadAsJavaDoes) {
  EXPECT_EQ(parse_double(" 2.5 "), 2.5);
  EXPECT_EQ(parse_double("5."), 5.0);
  EXPECT_EQ(parse_double(".5e1"), 5.0);
  EXPECT_EQ(parse_double("-3d"), -3.0);
  EXPECT_EQ(parse_double("3F"), 3.0);
  EXPECT_EQ(parse_double("0x1p3"), 8.0);
  EXPECT_EQ(parse_double("1e999"), HUGE_VAL);
  EXPECT_EQ(parse_double("1e-999"), 0.0);
  EXPECT_EQ(parse_double("-Infinity"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(parse_double("NaN").value_or(0)));
  for (const auto* text :
       {"", ".", "e5", "1e", "1e+", "0x1", "0x", "inf", "nan", "infinity", "1 2", "--1", "1ff", "d"}) {
    EXPECT_FALSE(parse_double(text)) << text;
  }
}

TEST(SelectorValue, UnlikeValuesMeet) {
  EXPECT_EQ(compare(std::int32_t{1}, std::int64_t{1}), 0);
  EXPECT_EQ(compare(std::int64_t{2}, 1.5), 1);
  EXPECT_EQ(compare("7"sv, std::int32_t{7}), 0);
  EXPECT_EQ(compare(std::int32_t{7}, "8"sv), -1);
  EXPECT_EQ(compare("tRuE"sv, true), 0);
  EXPECT_EQ(compare("yes"sv, false), 0);
  EXPECT_EQ(compare(true, std::int32_t{1}), -1);
  EXPECT_EQ(compare(true, "true"sv), std::nullopt);
  EXPECT_EQ(compare("x"sv, std::int32_t{7}), std::nullopt);
  EXPECT_EQ(compare("7.0"sv, std::int64_t{7}), std::nullopt);
}

TEST(SelectorValue, DoublesHaveATotalOrder) {
  EXPECT_EQ(compare(-0.0, 0.0), -1);
  EXPECT_EQ(compare(std::nan(""), std::nan("")), 0);
  EXPECT_EQ(compare(std::nan(""), HUGE_VAL), 1);
}

}  // namespace
}  // namespace mq::filter
