#include "mq/base/log.hpp"

#include <gtest/gtest.h>

#include "mq/base/log_format.hpp"

namespace base {
namespace {

std::string fields_of(std::string_view message) {
  const auto parsed = parse_message(message);
  std::string all(parsed.sentence);
  for (const auto& [key, value] : parsed.fields) all += "|" + std::string(key) + "=" + value;
  return all;
}

LogLine line(std::string_view message, std::string_view level = "info") {
  using namespace std::chrono;
  return {.at = sys_days{year{2026} / 3 / 1} + hours{8} + microseconds{123456},
          .level = level,
          .logger = "outbox",
          .message = message};
}

TEST(LogFormatTest, TheTailBecomesFields) {
  EXPECT_EQ(fields_of("send failed, will retry order_no=42 attempt=2"),
            "send failed, will retry|order_no=42|attempt=2");
  EXPECT_EQ(fields_of("no tail at all"), "no tail at all");
  EXPECT_EQ(fields_of("order_no=42"), "|order_no=42");
  EXPECT_EQ(fields_of("empty value= next=1"), "empty|value=|next=1");
  EXPECT_EQ(fields_of("a<=b and c = d"), "a<=b and c = d");
  EXPECT_EQ(fields_of(""), "");
}

TEST(LogFormatTest, AValueEndsAtTheNextKey) {
  EXPECT_EQ(fields_of("failed error=connection refused by peer host=db"),
            "failed|error=connection refused by peer|host=db");
}

TEST(LogFormatTest, AQuotedValueCannotForgeFields) {
  EXPECT_EQ(fields_of("failed error=" + log_quoted("x order_no=1 \"y\"\n") + " host=db"),
            "failed|error=x order_no=1 \"y\"\n|host=db");
  EXPECT_EQ(fields_of("failed error=\"never closed a=1"), "failed|error=\"never closed|a=1");
  EXPECT_EQ(fields_of("failed error=\"a\"b c=1"), "failed|error=ab|c=1");
}

TEST(LogFormatTest, ALongQuotedTextIsCut) { EXPECT_LT(log_quoted(std::string(100'000, 'x')).size(), 600u); }

TEST(LogFormatTest, TextIsOneLineWhateverItCarries) {
  EXPECT_EQ(text_line(line("paid order_no=42"), false),
            "2026-03-01T08:00:00.123456Z INFO  outbox: paid order_no=42\n");
  EXPECT_EQ(text_line(line("evil\nINFO fake\x1b[2J", "warning"), false),
            "2026-03-01T08:00:00.123456Z WARN  outbox: evil\\nINFO fake\\x1b[2J\n");
}

TEST(LogFormatTest, JsonIsOneObjectALine) {
  EXPECT_EQ(json_line(line("paid order_no=42 trace_id=ab"), "order-service"),
            "{\"ts\":\"2026-03-01T08:00:00.123456Z\",\"level\":\"info\",\"service\":\"order-service\","
            "\"logger\":\"outbox\",\"msg\":\"paid\",\"order_no\":\"42\",\"trace_id\":\"ab\"}\n");
}

TEST(LogFormatTest, JsonKeepsEachKeyOnceAndOurOwnKeysOurs) {
  const auto json = json_line(line("x a=1 a=2 level=fatal ts=never"), "s");
  EXPECT_NE(json.find("\"a\":\"2\""), std::string::npos) << json;
  EXPECT_EQ(json.find("\"a\":\"1\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"field_level\":\"fatal\",\"field_ts\":\"never\""), std::string::npos) << json;
}

TEST(LogFormatTest, JsonStringsAreEscapedAndAlwaysUtf8) {
  const auto escaped = [](std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
  };
  EXPECT_EQ(escaped("\"\\\n\t\x01"), "\\\"\\\\\\n\\t\\u0001");
  EXPECT_EQ(escaped("龙井茶 €"), "龙井茶 €");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(escaped("a\xff"), "a" + bad);
  EXPECT_EQ(escaped("\xe8\x8c"), bad + bad) << "cut in the middle of a character";
  EXPECT_EQ(escaped("\xc0\xaf"), bad + bad) << "overlong";
  EXPECT_EQ(escaped("\xed\xa0\x80"), bad + bad + bad) << "a surrogate";
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), bad + bad + bad + bad) << "past the last character";
}

TEST(LogTest, BeforeStartOnlyWarningsReachStandardError) {
  testing::internal::CaptureStderr();
  log("early")->info("nobody asked");
  log("early")->warn("something is odd n={}", 1);
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("nobody asked"), std::string::npos);
  EXPECT_NE(text.find("WARN  early: something is odd n=1\n"), std::string::npos) << text;
}

TEST(LogTest, AModulesLoggerIsMadeOnce) { EXPECT_EQ(log("once"), log("once")); }

}  // namespace
}  // namespace base
