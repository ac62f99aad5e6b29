#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/apps/recording_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/record.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// Requests that stock clients sent to a genuine RocketMQ, sent to our broker: the answers have the same
// codes, fields and bodies of the same shape. What differs on purpose is listed in kDifferences and why.
namespace mq::apps {
namespace {

using broker::testing::records_of;
using broker::testing::TestClient;
using testing::Exchange;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace request_code = protocol::request_code;
namespace response_code = protocol::response_code;

// Fields that the genuine broker's answers have and ours lack.
struct Difference {
  std::int32_t code;
  std::set<std::string> left_out;
  const char* why;
};
const std::vector<Difference> kDifferences{
    {request_code::kSendMessageV2, {"recallHandle"}, "recall is off by default; it was on in the recording"},
};

// Answers that hang on the moment or on what the capture cut off, not on the request.
bool depends_on_the_moment(const protocol::Command& request, const protocol::Command& wanted,
                           const protocol::Command& answer) {
  switch (request.code) {
    case request_code::kSendMessageV2:
      return wanted.code == response_code::kSystemBusy;  // the genuine broker was overloaded
    case request_code::kQueryConsumerOffset:
      // 0 or 22: has a message arrived in this very queue yet?
      return request.find("topic")->starts_with(kRetryPrefix) || answer.code == response_code::kQueryNotFound;
    case request_code::kConsumerSendMsgBack:
      return answer.code == response_code::kSystemError;  // of a retry whose offset the capture does not show
    case request_code::kGetConsumeStats:
      return answer.body.find("brokerOffset") == std::string::npos;  // offsets committed after the cut
    default:
      return false;
  }
}

// Codes of this work; the others are answered with 3 and that is checked elsewhere.
const std::set<std::int32_t> kCovered{10,  11,  12,  14,  15,  17,  26,  28,  29,  30,  31,
                                      34,  35,  36,  37,  38,  41,  42,  46,  105, 106, 200,
                                      202, 203, 206, 208, 215, 216, 310, 320, 351, 361};

bool is_pull(std::int32_t code) {
  return code == request_code::kPullMessage || code == request_code::kLitePullMessage;
}
bool is_send(std::int32_t code) {
  return code == request_code::kSendMessageV2 || code == request_code::kSendBatchMessage;
}

// The recorded broker had it on.
BrokerConfig recorded_config() {
  auto config = Node::test_config();
  config.selectors = true;
  return config;
}

class ReplayTest : public ::testing::Test {
 protected:
  void replay(const std::string& name) {
    const std::string file = std::string(SLUICE_ROOT) + "/tests/vectors/conversations/" + name;
    for (const auto& exchange : testing::exchanges_of(testing::read_recording(file))) {
      const auto code = exchange.request.command.code;
      if (!kCovered.contains(code)) continue;
      SCOPED_TRACE(name + " step " + exchange.request.step + " code " + std::to_string(code) + " opaque " +
                   std::to_string(exchange.request.command.opaque));
      replay_one(exchange);
      if (HasFatalFailure()) return;
    }
  }

 private:
  TestClient& client_of(const Exchange& exchange) {
    // The capture used some names again: one for a connection to each.
    auto& client = clients_[exchange.request.connection + exchange.request.server];
    const bool names = exchange.request.server == "namesrv";
    if (!client) client = std::make_unique<TestClient>(names ? node_.namesrv() : node_.port());
    return *client;
  }

  void replay_one(const Exchange& exchange) {
    auto request = prepare(exchange.request.command);
    auto& client = client_of(exchange);
    if (request.is_oneway()) return client.oneway(request);
    const auto wanted = exchange.response;
    auto answer = client.call(request);
    if (request.code == request_code::kGetRouteInfoByTopic && wanted.code == 0 && answer.code != 0) {
      make_topic(request, wanted);  // it was there before the recording began
      answer = client.call(request);
    }
    if (wanted.code < 0) return;  // the capture ended before the answer
    is_pull(request.code) ? compare_pull(wanted, answer) : compare(request, wanted, answer);
    if (is_send(request.code)) remember_offset(wanted, answer);
  }

  // The log offsets of the recording mean other messages here, and nobody wants to wait for a long poll.
  protocol::Command prepare(protocol::Command request) {
    if (is_pull(request.code)) {
      const auto flags = std::stoi(std::string(*request.find("sysFlag")));
      request.set("sysFlag", std::to_string(flags & ~protocol::pull_flag::kSuspend));
    }
    if (request.code == request_code::kConsumerSendMsgBack) {
      const auto ours = offsets_.find(std::stoll(std::string(*request.find("offset"))));
      if (ours != offsets_.end()) request.set("offset", std::to_string(ours->second));
    }
    if (request.code == request_code::kEndTransaction) {
      const auto ours = halves_.find(std::stoll(std::string(*request.find("commitLogOffset"))));
      if (ours == halves_.end()) return request;  // a copy that the genuine broker made to ask about it
      request.set("commitLogOffset", std::to_string(ours->second.first));
      request.set("tranStateTableOffset", std::to_string(ours->second.second));
    }
    return request;
  }

  void make_topic(const protocol::Command& request, const protocol::Command& wanted) {
    const auto route = protocol::decode_body<protocol::TopicRouteData>(wanted.body);
    ASSERT_TRUE(route);
    protocol::CreateTopicRequest create;
    create.topic = *request.find("topic");
    create.read_queues = route->queues.at(0).read_queues;
    create.write_queues = route->queues.at(0).write_queues;
    ASSERT_EQ(TestClient(node_.port()).call(create).code, response_code::kSuccess) << create.topic;
  }

  void remember_offset(const protocol::Command& wanted, const protocol::Command& answer) {
    const auto theirs = parse_offset_message_id(wanted.find("msgId").value_or(""));
    const auto ours = parse_offset_message_id(answer.find("msgId").value_or(""));
    if (!theirs || !ours) return;
    offsets_[theirs->at.value()] = ours->at.value();
    halves_[theirs->at.value()] = {ours->at.value(), broker::testing::number(answer, "queueOffset")};
  }

  // What a pull finds depends on the moment; its fields and records do not.
  static void compare_pull(const protocol::Command& wanted, const protocol::Command& answer) {
    EXPECT_EQ(testing::field_names(answer), testing::field_names(wanted)) << answer.code << answer.remark;
    const std::set<std::int32_t> fine{0, response_code::kPullNotFound, response_code::kPullRetryImmediately,
                                      response_code::kPullOffsetMoved};
    EXPECT_TRUE(fine.contains(answer.code)) << answer.code << " " << answer.remark;
    EXPECT_EQ(answer.code == 0, !answer.body.empty());
    for (const auto& record : records_of(answer.body)) EXPECT_FALSE(record.topic.empty());
  }

  void compare(const protocol::Command& request, const protocol::Command& wanted,
               const protocol::Command& answer) {
    if (depends_on_the_moment(request, wanted, answer)) return;
    EXPECT_EQ(answer.code, wanted.code) << answer.remark;
    compare_names(request.code, testing::field_names(wanted), testing::field_names(answer));
    if (request.code == request_code::kGetBrokerConfig) {
      EXPECT_FALSE(answer.body.empty()) << "the tool wraps the body unconditionally";
    } else if (request.code == request_code::kQueryMessage) {
      EXPECT_EQ(records_of(answer.body).empty(), records_of(wanted.body).empty());
    } else {
      compare_names(request.code, testing::shape_of(wanted.body), testing::shape_of(answer.body));
    }
  }

  static void compare_names(std::int32_t code, const std::set<std::string>& wanted,
                            const std::set<std::string>& ours) {
    std::set<std::string> left_out;
    for (const auto& difference : kDifferences) {
      if (difference.code == code) left_out = difference.left_out;
    }
    for (const auto& name : wanted) {
      EXPECT_TRUE(ours.contains(name) || left_out.contains(name)) << "we lack " << name;
    }
    for (const auto& name : ours) {
      EXPECT_TRUE(wanted.contains(name)) << "the genuine broker has no " << name;
    }
  }

  Node node_{recorded_config()};
  std::map<std::string, std::unique_ptr<TestClient>> clients_;
  std::map<std::int64_t, std::int64_t> offsets_;                          // log offsets: theirs -> ours
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> halves_;  // theirs -> ours, and state offset
};

TEST_F(ReplayTest, AJavaClientsConversationGetsAnswersOfTheSameStructure) { replay("json.jsonl"); }

TEST_F(ReplayTest, TheSameWithBinaryHeaders) { replay("binary.jsonl"); }

TEST_F(ReplayTest, AToolsConversationAfterAClients) {
  replay("json.jsonl");
  replay("admin.jsonl");
}

}  // namespace
}  // namespace mq::apps
