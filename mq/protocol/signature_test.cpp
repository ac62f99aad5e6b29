#include "mq/protocol/signature.hpp"

#include <gtest/gtest.h>

#include <string>

#include "mq/base/bytes.hpp"

namespace mq::protocol {
namespace {

// rocketmq-wire.md appendix B, and openssl: printf rocketmq2pgTopicTest0hi | openssl dgst -sha1 -hmac
// 12345678
constexpr auto* kGolden = "uzCgUZi9Bnc2ZpFbyXZThWNZ2TE=";

Command golden_request() {
  Command request;
  request.code = 310;
  request.ext = {{"b", "TopicTest"}, {"e", "0"}, {"a", "pg"}, {"AccessKey", "rocketmq2"}};
  request.body = "hi";
  return request;
}

// A frame with this JSON header and body "hi".
CommandView view_of(const std::string& header, base::Bytes& frame) {
  frame.clear();
  base::ByteWriter writer(frame);
  writer.number(static_cast<std::int32_t>(4 + header.size() + 2));
  writer.number(static_cast<std::int32_t>(header.size()));
  writer.text(header);
  writer.text("hi");
  CommandView view;
  EXPECT_TRUE(decode(frame, view)) << header;
  return view;
}

TEST(Signature, IsTheOneStockClientsMake) {
  EXPECT_EQ(SigningKey("12345678").signature_of(golden_request()), kGolden);
}

TEST(Signature, OfAFrameIsThatOfItsCommand) {
  const SigningKey key("12345678");
  auto request = golden_request();
  sign(request, "rocketmq2", key);
  for (const auto how : {Serialize::json, Serialize::binary}) {
    request.serialize = how;
    base::Bytes frame;
    encode(request, frame);
    CommandView view;
    ASSERT_TRUE(decode(frame, view));
    EXPECT_EQ(key.signature_of(view), kGolden);
    EXPECT_TRUE(key.has_signed(view));
    EXPECT_FALSE(SigningKey("12345679").has_signed(view)) << "another secret";
  }
}

TEST(Signature, CountsNumbersAsTheirDigitsAndUnknownFieldsToo) {
  const SigningKey key("12345678");
  base::Bytes frame;
  const auto bare = view_of(
      R"({"code":310,"version":401,"extFields":{"a":"pg","b":"TopicTest","e":0,"AccessKey":"rocketmq2"}})",
      frame);
  EXPECT_EQ(key.signature_of(bare), kGolden);
  Command unknown = golden_request();
  unknown.set("zz", "x");
  EXPECT_NE(key.signature_of(unknown), kGolden);
}

TEST(Signature, EscapedValuesCountAsWhatTheyMean) {
  const SigningKey key("12345678");
  Command request;
  request.set("k", "a\"b\n/\xC3\xA9");
  base::Bytes frame;
  const auto view = view_of(R"({"code":1,"version":479,"extFields":{"k":"a\"b\n\/\u00e9"}})", frame);
  request.body = "hi";
  EXPECT_EQ(key.signature_of(view), key.signature_of(request));
}

TEST(Signature, OldClientsLeaveTheUniqueKeyMarkOut) {
  const SigningKey key("12345678");
  auto request = golden_request();
  request.set("_UNIQUE_KEY_QUERY", "true");
  request.version = 399;
  EXPECT_EQ(key.signature_of(request), kGolden);
  request.version = 401;
  EXPECT_NE(key.signature_of(request), kGolden);
}

TEST(Signature, AnyChangedByteIsNoticed) {
  const SigningKey key("12345678");
  auto request = golden_request();
  sign(request, "rocketmq2", key);
  const auto passes = [&key](const Command& changed) {
    base::Bytes frame;
    encode(changed, frame);
    CommandView view;
    return decode(frame, view) && key.has_signed(view);
  };
  ASSERT_TRUE(passes(request));
  auto changed = request;
  changed.body = "ho";
  EXPECT_FALSE(passes(changed));
  for (std::size_t i = 0; i < request.ext.size(); ++i) {
    changed = request;
    changed.ext[i].second += "x";
    EXPECT_FALSE(passes(changed)) << changed.ext[i].first;
  }
  changed = request;
  std::erase_if(changed.ext, [](const auto& field) { return field.first == kSignatureField; });
  EXPECT_FALSE(passes(changed)) << "no signature at all";
  changed.set(kSignatureField, "");
  EXPECT_FALSE(passes(changed));
}

TEST(Signature, OfARepeatedKeyTheLastValueCounts) {
  const SigningKey key("12345678");
  auto request = golden_request();
  request.ext.insert(request.ext.begin(), {"e", "7"});
  EXPECT_EQ(key.signature_of(request), kGolden);
}

}  // namespace
}  // namespace mq::protocol
