#include "mq/load/frames.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "mq/model/batch.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"

namespace mq::load {
namespace {

TEST(Frames, EachCopyOfATemplateHasNumbersOfItsOwnAndIsOtherwiseTheRequest) {
  SendSpec spec;
  spec.body_size = 100;
  const auto request = send_request(spec, 3);
  const FrameTemplate frames(request);
  base::Bytes out;
  frames.append_to(out, 7, {.serial = 1});
  frames.append_to(out, 123'456'789, {.serial = 22'222'222, .stamp_ns = 1'700'000'000'123'456'789});
  ASSERT_EQ(out.size(), 2 * frames.size());

  const auto second = protocol::decode(base::BytesView(out).subspan(frames.size())).value();
  EXPECT_EQ(second.opaque, 1'123'456'789);
  EXPECT_TRUE(second.body.starts_with("sluice-stamp=1700000000123456789xxx")) << second.body;
  EXPECT_EQ(second.body.size(), 100U);
  const auto header = protocol::decode_header<protocol::SendMessageV2Request>(second, nullptr).value();
  EXPECT_EQ(header.queue, 3);
  EXPECT_EQ(find_property(header.properties, "KEYS"), "order-20240000-22222222");
  EXPECT_EQ(find_property(header.properties, "UNIQ_KEY"), "7F0000010007F2C0A8B5000022222222");
}

TEST(Frames, ABatchHoldsAsManyMessagesEachWithKeysOfItsOwn) {
  SendSpec spec;
  spec.batch = 3;
  base::Bytes out;
  FrameTemplate(send_request(spec, 0)).append_to(out, 0, {.serial = 5});
  const auto request = protocol::decode(out).value();
  const auto header = protocol::decode_header<protocol::SendBatchMessageRequest>(request, nullptr).value();
  EXPECT_TRUE(header.batch);
  const auto items = decode_batch(base::bytes_of(request.body)).value();
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(find_property(items[0].properties, "KEYS"), "order-20240000-00000005");
  EXPECT_EQ(find_property(items[2].properties, "KEYS"), "order-20240002-00000005");
}

TEST(Frames, ABodyTooSmallForAStampHasNone) {
  EXPECT_EQ(stamped_body(5), "xxxxx");
  EXPECT_EQ(stamped_body(40).size(), 40U);
}

TEST(Frames, TheHeadOfAnAnswerIsItsCodeAndTheNumberOfItsRequest) {
  base::Bytes out;
  protocol::ResponseView answer;
  answer.code = 14;
  answer.opaque = 1'000'000'042;
  protocol::encode(answer, out);
  const auto head = head_of(out);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->code, 14);
  EXPECT_EQ(head->opaque, 42);
}

TEST(Frames, WhatIsNoAnswerHasNoHead) {
  EXPECT_FALSE(head_of(base::bytes_of("1234")));
  EXPECT_FALSE(head_of(base::bytes_of("HTTP/1.1 400 Bad Request")));
  using namespace std::string_view_literals;
  EXPECT_FALSE(head_of(base::bytes_of("\0\0\0\x1e\0\0\0\x1a{\"code\":0,\"remark\":\"no\"}"sv)));
}

}  // namespace
}  // namespace mq::load
