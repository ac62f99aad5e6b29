#include "cli/mq_output.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "cli/console.hpp"
#include "mq/base/clock.hpp"

namespace cli {
namespace {

TEST(MqOutput, ATextIsUtf8WithoutControlCharacters) {
  for (const auto* text : {"", "plain", "line\nline\ttab\r\n", "订单", "€", "😀"})
    EXPECT_TRUE(is_text(text)) << text;
  for (const auto* bytes : {"\x01", "\x7f", "\xff", "\xc3", "\xe8\xae", "a\x80", "\xc0\xaf", "bell\a"}) {
    EXPECT_FALSE(is_text(bytes));
  }
  EXPECT_FALSE(is_text(std::string_view("\0", 1)));
}

TEST(MqOutput, BytesAreShownInHexBesideTheirLetters) {
  EXPECT_EQ(hex_dump(std::string_view("\x00\x01 AZ~\xff", 7)),
            "00000000  00 01 20 41 5a 7e ff                             .. AZ~.\n");
  EXPECT_EQ(hex_dump(std::string(17, 'x')).find("\n00000010  78 "), 75U);
  EXPECT_EQ(hex_dump(""), "");
}

TEST(MqOutput, ABodyThatIsNoTextStandsInJsonAsHex) {
  mq::ReceivedMessage message;
  message.body = "\xff\x01";
  EXPECT_EQ(to_json(message).at("body_hex"), "ff01");
  message.body = "text";
  EXPECT_EQ(to_json(message).at("body"), "text");
}

TEST(MqOutput, AMomentIsATimeOrSoLongAgo) {
  EXPECT_EQ(parse_moment("1970-01-01T00:00:01Z"), 1000);
  const auto now = base::to_millis(base::SystemClock().now());
  EXPECT_NEAR(static_cast<double>(parse_moment("1h")), static_cast<double>(now - 3'600'000), 60'000);
  EXPECT_THROW((void)parse_moment("yesterday"), std::runtime_error);
}

TEST(MqOutput, WhatIsClippedSaysSo) {
  EXPECT_EQ(clip("order-events", 12), "order-events");
  EXPECT_EQ(clip("order-events", 6), "order…");
  EXPECT_EQ(clip("订单事件", 5), "订单…");
  EXPECT_LE(display_width(clip("订单事件", 4)), 4U);
}

}  // namespace
}  // namespace cli
