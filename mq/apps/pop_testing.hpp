#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/pop/receipt.hpp"
#include "mq/broker/testing_client.hpp"

// A group that pops topic T of a broker in this process.
namespace mq::apps::testing {

using broker::PopReceipt;
using broker::testing::number;
using broker::testing::Pulled;
using broker::testing::records_of;
using broker::testing::TestClient;
using Bodies = std::vector<std::string>;
namespace response_code = protocol::response_code;

inline constexpr std::int64_t kLong = 60'000;

// A message with the receipt that a stock client makes of the answer.
struct Message {
  std::string body;
  std::string topic;  // as the receipt means it
  std::int32_t queue = 0;
  std::int64_t offset = 0;
  std::int32_t times = 0;
  std::string receipt;
};

inline std::vector<std::string> parts(std::string_view text, char separator) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto at = text.find(separator);
    all.emplace_back(text.substr(0, at));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  }
  return all;
}

inline std::string start_of(const protocol::Command& answer, std::string_view flag, std::int32_t queue) {
  for (const auto& row : parts(answer.find("startOffsetInfo").value_or(""), ';')) {
    const auto fields = parts(row, ' ');
    if (fields[0] == flag && fields[1] == std::to_string(queue)) return fields[2];
  }
  return "?";
}

template <class Node>
class PopOn : public ::testing::Test {
 protected:
  static protocol::PopMessageRequest request(std::int64_t invisible_ms = kLong) {
    protocol::PopMessageRequest pop;
    pop.consumer_group = "g";
    pop.topic = "T";
    pop.invisible_ms = invisible_ms;
    return pop;
  }
  static std::vector<Message> messages(const protocol::Command& answer) {
    std::vector<Message> all;
    for (const auto& record : records_of(answer.body)) {
      Message message{record.body, "T", record.queue, record.queue_offset, record.reconsume_times, {}};
      const auto own = record.properties.find("POP_CK");
      if (own != record.properties.end()) {
        message.receipt = own->second;
        message.topic = "%RETRY%g_T";
      } else {
        message.receipt = start_of(answer, "0", record.queue) + " " + std::string(*answer.find("popTime")) +
                          " " + std::string(*answer.find("invisibleTime")) + " " +
                          std::string(*answer.find("reviveQid")) + " 0 broker-a " +
                          std::to_string(record.queue) + " " + std::to_string(record.queue_offset);
      }
      all.push_back(std::move(message));
    }
    return all;
  }
  static Bodies sorted_bodies(const std::vector<Message>& all) {
    Bodies bodies;
    for (const auto& message : all) bodies.push_back(message.body);
    std::ranges::sort(bodies);
    return bodies;
  }
  std::vector<Message> pop(const protocol::PopMessageRequest& asked) {
    const auto answer = client_.call(asked);
    if (answer.code == response_code::kPollingTimeout) return {};
    EXPECT_EQ(answer.code, response_code::kSuccess) << answer.remark;
    return messages(answer);
  }
  std::vector<Message> pop(std::int64_t invisible_ms = kLong) { return pop(request(invisible_ms)); }
  // Waits for messages that will come.
  std::vector<Message> pop_waiting(std::int64_t invisible_ms = kLong) {
    auto asked = request(invisible_ms);
    asked.poll_ms = TestClient::kPatienceMs / 2;
    return pop(asked);
  }
  static protocol::AckMessageRequest ack_request(const Message& message) {
    protocol::AckMessageRequest ack;
    ack.consumer_group = "g";
    ack.topic = message.topic;
    ack.queue = message.queue;
    ack.extra_info = message.receipt;
    ack.offset = message.offset;
    return ack;
  }
  std::int32_t ack(const Message& message) { return client_.call(ack_request(message)).code; }
  protocol::Command change(const Message& message, std::int64_t invisible_ms) {
    protocol::ChangeInvisibleTimeRequest change;
    change.consumer_group = "g";
    change.topic = message.topic;
    change.queue = message.queue;
    change.extra_info = message.receipt;
    change.offset = message.offset;
    change.invisible_ms = invisible_ms;
    return client_.call(change);
  }
  void send(const std::string& body, std::int32_t queue = 0) {
    ASSERT_EQ(client_.send({.topic = "T", .body = body, .queue = queue}).code, response_code::kSuccess);
  }
  std::int64_t stored_offset(std::int32_t queue = 0) {
    protocol::QueryConsumerOffsetRequest query;
    query.consumer_group = "g";
    query.topic = "T";
    query.queue = queue;
    query.set_zero_if_not_found = false;
    const auto answer = client_.call(query);
    return answer.code == response_code::kSuccess ? number(answer, "offset") : -1;
  }

  Node node_;
  TestClient client_{node_.port()};
};

}  // namespace mq::apps::testing
