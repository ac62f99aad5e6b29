#include "mq/client/received.hpp"

#include <gmock/gmock.h>

#include "mq/client/send_back.hpp"
#include "mq/model/compression.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"

namespace mq::client {
namespace {

struct Parts {
  std::string topic = "T";
  std::string body = "hello";
  std::string properties;
  std::int32_t sys_flag = 0;
};
Parts with_topic(std::string topic, std::string properties = {}) {
  Parts parts;
  parts.topic = std::move(topic);
  parts.properties = std::move(properties);
  return parts;
}
Parts packed(std::string body) {
  Parts parts;
  parts.body = std::move(body);
  parts.sys_flag = sys_flag::kCompressed;
  return parts;
}
std::string encoded(const Parts& parts) {
  Record record;
  record.topic = parts.topic;
  record.body = base::bytes_of(parts.body);
  record.properties = parts.properties;
  record.sys_flag = parts.sys_flag;
  record.queue = 3;
  record.queue_offset = QueueOffset{42};
  record.log_offset = LogOffset{123456789};
  record.store_host = {{10, 0, 0, 5}, 10911};
  record.reconsume_times = 2;
  base::Bytes bytes(encoded_size(record));
  encode_record(record, bytes.data());
  return std::string(base::text_of(bytes));
}
std::string properties(const std::map<std::string, std::string>& items) { return format_properties(items); }

std::vector<Received> decoded(const std::string& body) {
  return decode_messages(base::bytes_of(body), "a").value();
}

TEST(Received, AllRecordsOfAnAnswerComeOutWithTheirParts) {
  Parts first;
  first.properties = properties({{"TAGS", "paid"}, {"KEYS", "k1 k2"}, {"UNIQ_KEY", "ID"}, {"own", "v"}});
  const auto messages = decoded(encoded(first) + encoded({}));
  ASSERT_EQ(messages.size(), 2U);
  const auto& message = messages[0].message;
  EXPECT_EQ(message.id, "ID");
  EXPECT_EQ(message.offset_id, "0A00000500002A9F00000000075BCD15");
  EXPECT_EQ(message.broker, "a");
  EXPECT_EQ(message.queue, 3);
  EXPECT_EQ(message.queue_offset, QueueOffset{42});
  EXPECT_EQ(message.tag, "paid");
  EXPECT_EQ(message.keys, "k1 k2");
  EXPECT_EQ(message.properties.at("own"), "v");
  EXPECT_EQ(message.reconsume_times, 2);
  EXPECT_EQ(messages[1].message.id, message.offset_id) << "without UNIQ_KEY";
}

TEST(Received, ARetryShowsItsOriginalTopic) {
  const auto topic_of = [](const Parts& parts) { return decoded(encoded(parts))[0].message.topic; };
  const auto original = properties({{"RETRY_TOPIC", "T"}});
  EXPECT_EQ(topic_of(with_topic("%RETRY%g", original)), "T");
  EXPECT_EQ(topic_of(with_topic("%RETRY%g")), "%RETRY%g");
  EXPECT_EQ(topic_of(with_topic("Other", original)), "Other") << "only on the retry topic";
}

TEST(Received, BodiesAreUnpackedAndDamagedOnesMarked) {
  const std::string text(10'000, 'x');
  const auto good = decoded(encoded(packed(compress_zlib(base::bytes_of(text)))));
  EXPECT_TRUE(good[0].readable);
  EXPECT_EQ(good[0].message.body, text);
  EXPECT_FALSE(decoded(encoded(packed("no stream")))[0].readable);
}

TEST(Received, AnAnswerCutOffAnywhereIsAnError) {
  const auto whole = encoded({});
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_messages(base::bytes_of(whole.substr(0, size)), "a")) << size;
  }
}

ReceivedMessage failed() {
  ReceivedMessage message;
  message.topic = "T";
  message.body = "body";
  message.offset_id = "OFFSET";
  message.reconsume_times = 4;
  message.properties = {{"UNIQ_KEY", "ID"},   {"TAGS", "paid"},  {"DELAY", "2"},
                        {"REAL_TOPIC", "T"},  {"REAL_QID", "1"}, {"TIMER_DELIVER_MS", "5"},
                        {"TRAN_MSG", "true"}, {"own", "v"}};
  return message;
}

TEST(RetryMessage, CarriesCountersAndLeavesSpentPropertiesBehind) {
  const auto retry = retry_message(failed(), "g", Fate::retry, 16, 0);
  EXPECT_EQ(retry.topic, "%RETRY%g");
  EXPECT_EQ(retry.body, "body");
  const std::map<std::string, std::string> expected{{"UNIQ_KEY", "ID"},
                                                    {"TAGS", "paid"},
                                                    {"own", "v"},
                                                    {"RETRY_TOPIC", "T"},
                                                    {"DELAY", "7"},
                                                    {"RECONSUME_TIME", "5"},
                                                    {"MAX_RECONSUME_TIMES", "16"},
                                                    {"ORIGIN_MESSAGE_ID", "OFFSET"}};
  EXPECT_EQ(retry.properties, expected);
}

TEST(RetryMessage, LevelsGrowToTheLastOrAreFixed) {
  auto old = failed();
  old.reconsume_times = 15;
  EXPECT_EQ(retry_message(old, "g", Fate::retry, 99, 0).properties.at("DELAY"), "18");
  old.reconsume_times = 60;
  EXPECT_EQ(retry_message(old, "g", Fate::retry, 99, 0).properties.at("DELAY"), "18");
  EXPECT_EQ(retry_message(old, "g", Fate::retry, 99, 1).properties.at("DELAY"), "1");
}

TEST(RetryMessage, ADeadLetterIsAboveTheMaximumAndNotDelayed) {
  const auto dead = retry_message(failed(), "g", Fate::dead_letter, 16, 0);
  EXPECT_EQ(dead.properties.at("RECONSUME_TIME"), "17");
  EXPECT_FALSE(dead.properties.contains("DELAY"));
}

TEST(RetryMessage, TheFirstMessageOfAChainStaysItsOrigin) {
  auto again = failed();
  again.properties["ORIGIN_MESSAGE_ID"] = "FIRST";
  EXPECT_EQ(retry_message(again, "g", Fate::retry, 16, 0).properties.at("ORIGIN_MESSAGE_ID"), "FIRST");
}

}  // namespace
}  // namespace mq::client
