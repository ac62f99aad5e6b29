#pragma once
#include <map>
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_admin.hpp"

namespace mq::broker {

// What a tool may set a topic to.
Verdict check_topic(const TopicTable& topics, const TopicConfig& topic);
// Changes `attributes` by a comma list of +key=value and -key. False when it is not that or a name is
// unknown.
bool change_attributes(std::map<std::string, std::string>& attributes, std::string_view changes);

// UPDATE_AND_CREATE_TOPIC (17). Durable before the answer; the same settings again change nothing.
class CreateTopic {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCreateTopic;
  static constexpr std::string_view kName = "UPDATE_AND_CREATE_TOPIC";
  using Request = protocol::CreateTopicRequest;
  using Response = NoHeader;
  CreateTopic(TopicTable& topics, DurableWaits& waits) : topics_(topics), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  TopicTable& topics_;
  DurableWaits& waits_;
};

// DELETE_TOPIC_IN_BROKER (215): with its messages, its consumers' offsets and the retry topics of groups that
// popped it. An unknown topic is deleted already.
class DeleteTopic {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kDeleteTopic;
  static constexpr std::string_view kName = "DELETE_TOPIC_IN_BROKER";
  using Request = protocol::DeleteTopicRequest;
  using Response = NoHeader;
  struct Shared {  // what it works with
    TopicTable& topics;
    ConsumerOffsets& offsets;
    PopLedger& pops;
    Stats& stats;
    DurableWaits& waits;
  };
  explicit DeleteTopic(const Shared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  base::Result<LogOffset> remove(const std::string& topic);

  Shared shared_;
};

// GET_TOPIC_CONFIG (351).
class GetTopicConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetTopicConfig;
  static constexpr std::string_view kName = "GET_TOPIC_CONFIG";
  using Request = protocol::GetTopicConfigRequest;
  using Response = NoHeader;
  explicit GetTopicConfig(const TopicTable& topics) : topics_(topics) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const TopicTable& topics_;
};

// GET_ALL_TOPIC_CONFIG (21): all at once; the total ends the paging of new tools.
class GetAllTopicConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetAllTopicConfig;
  static constexpr std::string_view kName = "GET_ALL_TOPIC_CONFIG";
  using Request = NoHeader;
  using Response = protocol::GetAllTopicConfigResponse;
  GetAllTopicConfig(const TopicTable& topics, Slices& slices) : topics_(topics), slices_(slices) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const TopicTable& topics_;
  Slices& slices_;
};

}  // namespace mq::broker
