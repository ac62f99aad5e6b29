#include "bench/mq/frames.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "mq/model/properties.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"

namespace bench {
namespace {

TEST(Frames, EachCopyOfATemplateHasNumbersOfItsOwnAndIsOtherwiseTheRequest) {
  const auto request = send_request("bench", 3, 100);
  const FrameTemplate frames(request);
  base::Bytes out;
  frames.append_to(out, 7, 1);
  frames.append_to(out, 123'456'789, 22'222'222);
  ASSERT_EQ(out.size(), 2 * frames.size());

  const auto second = mq::protocol::decode(base::BytesView(out).subspan(frames.size())).value();
  EXPECT_EQ(second.opaque, 1'123'456'789);
  EXPECT_EQ(second.body, request.body);
  const auto header =
      mq::protocol::decode_header<mq::protocol::SendMessageV2Request>(second, nullptr).value();
  EXPECT_EQ(header.queue, 3);
  EXPECT_EQ(mq::find_property(header.properties, "KEYS"), "order-20240517-22222222");
  EXPECT_EQ(mq::find_property(header.properties, "UNIQ_KEY"), "7F0000010007F2C0A8B5000022222222");
}

TEST(Frames, TheHeadOfAnAnswerIsItsCodeAndTheNumberOfItsRequest) {
  base::Bytes out;
  mq::protocol::ResponseView answer;
  answer.code = 14;
  answer.opaque = 1'000'000'042;
  mq::protocol::encode(answer, out);
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
}  // namespace bench
