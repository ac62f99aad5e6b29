#include "mq/protocol/header.hpp"

#include <gtest/gtest.h>

#include "mq/protocol/headers.hpp"
#include "mq/protocol/send_message_view.hpp"

namespace mq::protocol {
namespace {

SendMessageRequest sample() {
  SendMessageRequest request;
  request.producer_group = "PG";
  request.topic = "T";
  request.queue = 3;
  request.born_ms = 1700000000000;
  request.flag = -1;
  request.properties = "KEYS\x01k1\x02TAGS\x01订单\x02";
  request.batch = true;
  request.max_reconsume_times = 16;
  request.broker = "broker-a";
  return request;
}

// Decodes a request the way a server gets it.
struct Received {
  explicit Received(const Command& command) {
    encode(command, frame);
    EXPECT_TRUE(decode(frame, view).has_value());
  }
  base::Bytes frame;
  CommandView view;
};

TEST(Header, ComesBackWithEveryField) {
  const Command command = make_request(sample(), "body");
  EXPECT_EQ(command.code, 10);
  EXPECT_EQ(command.body, "body");
  EXPECT_EQ(command.find("queueId"), "3");
  EXPECT_EQ(command.find("batch"), "true");
  const auto from_command = decode_header<SendMessageRequest>(command);
  ASSERT_TRUE(from_command.has_value());
  EXPECT_EQ(from_command->properties, sample().properties);
  EXPECT_EQ(from_command->max_reconsume_times, 16);
  const auto from_view = decode_header<SendMessageRequest>(Received(command).view);
  ASSERT_TRUE(from_view.has_value());
  EXPECT_EQ(from_view->properties, sample().properties);
  EXPECT_EQ(from_view->born_ms, 1700000000000);
  EXPECT_TRUE(from_view->batch);
}

TEST(Header, OfASendHasShortNamesInItsSecondVersion) {
  const Command command = make_request(SendMessageV2Request{sample()});
  EXPECT_EQ(command.code, 310);
  EXPECT_EQ(command.find("b"), "T");
  EXPECT_EQ(command.find("n"), "broker-a");
  EXPECT_EQ(command.find("topic"), std::nullopt);
  EXPECT_EQ(make_request(SendBatchMessageRequest{}).code, 320);
}

TEST(Header, LeavesOutWhatIsAbsent) {
  const Command command =
      make_request(GetMaxOffsetRequest{.topic = "T", .queue = 1, .committed = {}, .broker = {}});
  EXPECT_EQ(command.ext.size(), 2U);
  const auto decoded = decode_header<GetMaxOffsetRequest>(command);
  EXPECT_EQ(decoded->committed, std::nullopt);
}

TEST(Header, KeepsItsDefaultsWhereAnOptionalFieldIsMissing) {
  Command command;
  command.ext = {{"topic", "T"}, {"readQueueNums", "1"}, {"writeQueueNums", "1"}, {"perm", "6"}};
  const auto decoded = decode_header<CreateTopicRequest>(command);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->filter_type, "SINGLE_TAG");
}

TEST(Header, SaysWhichFieldIsMissing) {
  Command command;
  command.set("topic", "T");
  std::string problem;
  EXPECT_TRUE(decode_header<GetMinOffsetRequest>(command, &problem).has_error());
  EXPECT_EQ(problem, "queueId is missing");
  EXPECT_TRUE(decode_header<GetMinOffsetRequest>(command).has_error());
}

TEST(Header, SaysWhichFieldIsNoNumber) {
  for (const char* bad : {"", "x", "1x", " 1", "+1", "1.0", "2147483648", "-2147483649"}) {
    Command command;
    command.ext = {{"topic", "T"}, {"queueId", bad}};
    std::string problem;
    EXPECT_TRUE(decode_header<GetMinOffsetRequest>(command, &problem).has_error()) << bad;
    EXPECT_EQ(problem, std::string("queueId is no number: ") + bad);
  }
}

TEST(Header, TakesJavasBooleans) {
  const auto decoded = [](const char* text) {
    Command command;
    command.ext = {{"groupName", "g"}, {"cleanOffset", text}};
    return decode_header<DeleteSubscriptionGroupRequest>(command)->clean_offset;
  };
  EXPECT_TRUE(decoded("true"));
  EXPECT_TRUE(decoded("TRUE"));
  EXPECT_TRUE(decoded("1"));
  EXPECT_FALSE(decoded("false"));
  EXPECT_FALSE(decoded("yes"));
  EXPECT_FALSE(decoded("TRU\x25"));
}

TEST(Header, TakesAnEmptyOptionalNumberForAbsent) {
  Command command;
  command.ext = {{"topic", "T"}, {"queueId", "1"}, {"committed", ""}};
  EXPECT_EQ(decode_header<GetMaxOffsetRequest>(command)->committed, std::nullopt);
}

// --- SendMessageView ---

void expect_same(const SendMessageView& view, const SendMessageRequest& request) {
  EXPECT_EQ(view.producer_group, request.producer_group);
  EXPECT_EQ(view.topic, request.topic);
  EXPECT_EQ(view.default_topic, request.default_topic);
  EXPECT_EQ(view.default_topic_queue_nums, request.default_topic_queue_nums);
  EXPECT_EQ(view.queue, request.queue);
  EXPECT_EQ(view.sys_flag, request.sys_flag);
  EXPECT_EQ(view.born_ms, request.born_ms);
  EXPECT_EQ(view.flag, request.flag);
  EXPECT_EQ(view.properties, request.properties);
  EXPECT_EQ(view.reconsume_times, request.reconsume_times);
  EXPECT_EQ(view.unit_mode, request.unit_mode);
  EXPECT_EQ(view.batch, request.batch);
  EXPECT_EQ(view.max_reconsume_times, request.max_reconsume_times);
  EXPECT_EQ(view.broker, request.broker);
}

TEST(SendMessageView, ReadsBothSetsOfNamesInBothSerialisations) {
  for (Command command : {make_request(sample()), make_request(SendMessageV2Request{sample()}),
                          make_request(SendBatchMessageRequest{sample()})}) {
    for (const auto serialize : {Serialize::json, Serialize::binary}) {
      command.serialize = serialize;
      const Received received(command);
      SendMessageView view;
      std::string scratch = "old";
      ASSERT_TRUE(decode_send(received.view, view, scratch).has_value());
      expect_same(view, sample());
    }
  }
}

TEST(SendMessageView, KeepsSeveralEscapedValuesApart) {
  SendMessageRequest request = sample();
  request.producer_group = "a\"b";
  request.topic = std::string(100, '\\');
  request.broker = "\n";
  const Received received(make_request(SendMessageV2Request{request}));
  SendMessageView view;
  std::string scratch;
  ASSERT_TRUE(decode_send(received.view, view, scratch).has_value());
  expect_same(view, request);
}

TEST(SendMessageView, ForgetsTheRequestBefore) {
  SendMessageView view;
  std::string scratch;
  ASSERT_TRUE(
      decode_send(Received(make_request(SendMessageV2Request{sample()})).view, view, scratch).has_value());
  SendMessageRequest plain;
  plain.producer_group = "P";
  plain.topic = "T";
  const Received received(make_request(SendMessageV2Request{plain}));
  ASSERT_TRUE(decode_send(received.view, view, scratch).has_value());
  expect_same(view, plain);
}

TEST(SendMessageView, SaysWhatIsWrong) {
  SendMessageView view;
  std::string scratch;
  std::string problem;
  Command command = make_request(sample());
  std::erase_if(command.ext, [](const auto& field) { return field.first == "sysFlag"; });
  EXPECT_TRUE(decode_send(Received(command).view, view, scratch, &problem).has_error());
  EXPECT_EQ(problem, "sysFlag is missing");

  command = make_request(SendMessageV2Request{sample()});
  command.set("e", "x");
  EXPECT_TRUE(decode_send(Received(command).view, view, scratch, &problem).has_error());
  EXPECT_EQ(problem, "e is no number: x");
  EXPECT_TRUE(decode_send(Received(command).view, view, scratch).has_error());
}

}  // namespace
}  // namespace mq::protocol
