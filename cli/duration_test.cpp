#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace cli {
namespace {
using namespace std::chrono_literals;

TEST(Duration, UnitsAddUp) {
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("1d12h"), 36h);
  EXPECT_EQ(parse_duration("1m30s250ms"), 90'250ms);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(Duration, WhatIsNotADurationIsRefused) {
  for (const auto* text : {"", "24", "h", "-1h", "1.5h", "1h ", " 1h", "1x", "1h2", "+1h", "hh", "1sm"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(parse_duration("36525d"), 24h * 36'525);
  EXPECT_EQ(parse_duration("36526d"), std::nullopt);
  EXPECT_EQ(parse_duration("36525d1ms"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036854775807d"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036854775808ms"), std::nullopt);
}

TEST(Duration, FormattingComesBack) {
  for (const auto* text : {"1d12h", "1m30s", "250ms", "0s", "100d", "59m59s999ms"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
}

}  // namespace
}  // namespace cli
