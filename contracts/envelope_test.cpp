#include "contracts/envelope.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace contracts {
namespace {

constexpr std::string_view kGolden =
    R"({"event_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","type":"OrderPaid","version":1,"order_no":"8261",)"
    R"("sequence":3,"occurred_at":"2026-03-01T08:00:00.123Z",)"
    R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","data":{"paid_fen":1999}})";

Envelope golden() {
  using namespace std::chrono;
  return {.event_id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
          .type = "OrderPaid",
          .version = 1,
          .order_no = "8261",
          .sequence = 3,
          .occurred_at = sys_days{year{2026} / 3 / 1} + hours{8} + milliseconds{123},
          .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          .data = boost::json::object{{"paid_fen", 1999}}};
}

std::string replaced(std::string_view part, std::string_view by) {
  std::string text(kGolden);
  const auto at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), by);
}

// The bytes are a contract with services that are not built together: they change only by a field.
TEST(EnvelopeTest, EncodesToTheGoldenText) { EXPECT_EQ(encode(golden()), kGolden); }

TEST(EnvelopeTest, DecodesTheGoldenText) {
  const auto envelope = decode_envelope(kGolden);
  ASSERT_TRUE(envelope) << envelope.error().message();
  EXPECT_EQ(encode(*envelope), kGolden);
  EXPECT_EQ(envelope->occurred_at, golden().occurred_at);
  EXPECT_EQ(envelope->sequence, 3);
}

TEST(EnvelopeTest, UnknownFieldsAreIgnored) {
  const auto envelope = decode_envelope(replaced("\"sequence\"", "\"added_later\":{\"a\":[1]},\"sequence\""));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(encode(*envelope), kGolden);
}

TEST(EnvelopeTest, AnUnknownVersionIsDecodedForItsReaderToRefuse) {
  const auto envelope = decode_envelope(replaced("\"version\":1", "\"version\":2"));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->version, 2);
}

TEST(EnvelopeTest, OnlyTheTraceMayBeMissing) {
  for (const std::string name :
       {"event_id", "type", "version", "order_no", "sequence", "occurred_at", "data"}) {
    const auto envelope = decode_envelope(replaced("\"" + name + "\":", "\"no_" + name + "\":"));
    ASSERT_FALSE(envelope) << name;
    EXPECT_EQ(envelope.error(), boost::json::error::not_found) << name;
  }
  const auto envelope = decode_envelope(replaced("\"traceparent\":", "\"no_traceparent\":"));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->traceparent, "");
}

TEST(EnvelopeTest, AWrongTypeIsAnErrorNotACrash) {
  EXPECT_FALSE(decode_envelope(replaced("\"sequence\":3", "\"sequence\":\"3\"")));
  EXPECT_FALSE(decode_envelope(replaced("\"sequence\":3", "\"sequence\":3.5")));
  EXPECT_FALSE(decode_envelope(replaced("\"sequence\":3", "\"sequence\":99999999999999999999")));
  EXPECT_FALSE(decode_envelope(replaced("\"version\":1", "\"version\":4294967297")));
  EXPECT_FALSE(decode_envelope(replaced("\"order_no\":\"8261\"", "\"order_no\":8261")));
  EXPECT_FALSE(decode_envelope(replaced("\"order_no\":\"8261\"", "\"order_no\":null")));
  EXPECT_FALSE(decode_envelope(replaced("2026-03-01T08:00:00.123Z", "yesterday")));
  EXPECT_FALSE(decode_envelope(replaced("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "")));
  EXPECT_FALSE(decode_envelope(replaced("\"order_no\":\"8261\"", "\"order_no\":\"\"")));
}

TEST(EnvelopeTest, WhatIsNoObjectIsAnError) {
  for (const auto* text : {"", "hello", "[]", "3", "null", "{", "{}", "\xff\xfe"}) {
    EXPECT_FALSE(decode_envelope(text)) << text;
  }
  EXPECT_FALSE(decode_envelope(std::string(100'000, '[')));
}

TEST(EnvelopeTest, EveryPrefixOfAnEnvelopeIsAnError) {
  for (std::size_t n = 0; n < kGolden.size(); ++n) EXPECT_FALSE(decode_envelope(kGolden.substr(0, n))) << n;
}

}  // namespace
}  // namespace contracts
