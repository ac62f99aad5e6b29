#include "sandbox/channel_text.hpp"

#include <gtest/gtest.h>

#include "mq/net/http.hpp"

namespace sandbox {
namespace {

TEST(ChannelTextTest, WhatIsSignedIsSortedAndLeavesEmptyValuesAndTheSignatureOut) {
  const std::map<std::string, std::string> form{
      {"subject", "Tea & 茶"}, {"app_id", "1"}, {"empty", ""}, {"sign", "xyz"}, {"sign_type", "RSA2"}};
  EXPECT_EQ(text_to_sign(form, "sign", "sign_type"), "app_id=1&subject=Tea & 茶");
  EXPECT_EQ(text_to_sign(form, "sign"), "app_id=1&sign_type=RSA2&subject=Tea & 茶");
  EXPECT_EQ(text_to_sign({}, "sign"), "");
}

TEST(ChannelTextTest, TimesAreWrittenInChina) {
  EXPECT_EQ(format_channel_time(base::from_millis(1'772'355'723'045)), "2026-03-01 17:02:03");
  EXPECT_EQ(format_channel_time(base::from_millis(0)), "1970-01-01 08:00:00");
}

TEST(ChannelTextTest, TimesAreReadBackToTheSecond) {
  for (const std::int64_t ms : {0LL, 1'772'355'723'000LL, 1'709'164'800'000LL, 4'102'444'799'000LL}) {
    const auto at = base::from_millis(ms);
    EXPECT_EQ(parse_channel_time(format_channel_time(at)), at) << ms;
  }
}

TEST(ChannelTextTest, WhatIsNoTimeIsRefused) {
  for (const auto* text :
       {"", "2026-03-01", "2026-03-01T17:02:03", "2026-03-01 17:02:03Z", "2026-02-29 00:00:00",
        "2026-13-01 00:00:00", "2026-00-10 00:00:00", "2026-01-32 00:00:00", "2026-01-01 24:00:00",
        "2026-01-01 00:60:00", "2026-01-01 00:00:60", "2026-1-01 00:00:000", "2026-01-01 00-00-00",
        "-026-01-01 00:00:00", "２０２６-01-01"}) {
    EXPECT_FALSE(parse_channel_time(text)) << text;
  }
  EXPECT_TRUE(parse_channel_time("2024-02-29 00:00:00")) << "a leap day is one";
}

TEST(ChannelTextTest, AFormIsReadBackAsItWas) {
  const std::map<std::string, std::string> form{
      {"subject", "Tea & 茶 + sugar = 100%"}, {"sign", "a+b/c=="}, {"empty", ""}, {"lines", "a\r\nb"}};
  EXPECT_EQ(mq::net::parse_form(encode_form(form)), form);
}

}  // namespace
}  // namespace sandbox
