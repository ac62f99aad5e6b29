#include "contracts/time_text.hpp"

#include <gtest/gtest.h>

namespace contracts {
namespace {
using namespace std::chrono;

base::Time at(int y, unsigned m, unsigned d, milliseconds within) {
  return sys_days{year{y} / month{m} / day{d}} + within;
}

TEST(TimeTextTest, TimesAreUtcWithThreeDigits) {
  EXPECT_EQ(format_time(base::from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(at(2024, 2, 29, hours{23} + minutes{59} + seconds{59} + milliseconds{7})),
            "2024-02-29T23:59:59.007Z");
  EXPECT_EQ(format_time(base::from_millis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeTextTest, WhatIsFormattedIsParsed) {
  for (std::int64_t ms = 1; ms < 200'000'000'000'000; ms = ms * 3 + 7) {
    const auto text = format_time(base::from_millis(ms));
    ASSERT_TRUE(parse_time(text)) << text;
    EXPECT_EQ(base::to_millis(*parse_time(text)), ms) << text;
  }
}

TEST(TimeTextTest, OtherSpellingsOfRfc3339AreUnderstood) {
  const auto noon = at(2026, 3, 1, hours{12});
  EXPECT_EQ(*parse_time("2026-03-01T12:00:00Z"), noon);
  EXPECT_EQ(*parse_time("2026-03-01t12:00:00z"), noon);
  EXPECT_EQ(*parse_time("2026-03-01T20:00:00+08:00"), noon);
  EXPECT_EQ(*parse_time("2026-03-01T06:30:00-05:30"), noon);
  EXPECT_EQ(*parse_time("2026-03-01T12:00:00.5Z"), noon + milliseconds{500});
  EXPECT_EQ(*parse_time("2026-03-01T12:00:00.123999Z"), noon + milliseconds{123});
}

TEST(TimeTextTest, WhatIsNoTimeIsRefused) {
  for (const auto* text :
       {"", "2026", "2026-03-01", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00", "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:60Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00+8:00",
        "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00Zx", "+026-03-01T12:00:00Z", "2026-3-1T12:00:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(TimeTextTest, EveryPrefixOfATimeIsRefused) {
  const std::string whole = "2026-03-01T12:00:00.123Z";
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_time(whole.substr(0, n))) << n;
}

}  // namespace
}  // namespace contracts
