#pragma once
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_admin.hpp"
#include "mq/protocol/headers_group.hpp"

namespace mq::broker {

// GET_CONSUMER_CONNECTION_LIST (203): who consumes in a group, and what it subscribes.
class ConsumerConnections {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetConsumerConnectionList;
  static constexpr std::string_view kName = "GET_CONSUMER_CONNECTION_LIST";
  using Request = protocol::GetConsumerConnectionListRequest;
  using Response = NoHeader;
  explicit ConsumerConnections(const ClientRegistry& clients) : clients_(clients) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
};

// GET_PRODUCER_CONNECTION_LIST (204).
class ProducerConnections {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetProducerConnectionList;
  static constexpr std::string_view kName = "GET_PRODUCER_CONNECTION_LIST";
  using Request = protocol::GetProducerConnectionListRequest;
  using Response = NoHeader;
  explicit ProducerConnections(const ClientRegistry& clients) : clients_(clients) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
};

// GET_ALL_PRODUCER_INFO (328): every producer, by group.
class AllProducers {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetAllProducerInfo;
  static constexpr std::string_view kName = "GET_ALL_PRODUCER_INFO";
  using Request = NoHeader;
  using Response = NoHeader;
  AllProducers(const ClientRegistry& clients, const base::Clock& clock) : clients_(clients), clock_(clock) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
  const base::Clock& clock_;
};

// QUERY_SUBSCRIPTION_BY_CONSUMER (345): what an online group wants of a topic.
class SubscriptionOfGroup {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQuerySubscriptionByConsumer;
  static constexpr std::string_view kName = "QUERY_SUBSCRIPTION_BY_CONSUMER";
  using Request = protocol::QuerySubscriptionByConsumerRequest;
  using Response = NoHeader;
  explicit SubscriptionOfGroup(const ClientRegistry& clients) : clients_(clients) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
};

// GET_SYSTEM_TOPIC_LIST_FROM_BROKER (305).
class SystemTopics {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetSystemTopicListFromBroker;
  static constexpr std::string_view kName = "GET_SYSTEM_TOPIC_LIST_FROM_BROKER";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit SystemTopics(const TopicTable& topics) : topics_(topics) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const TopicTable& topics_;
};

// QUERY_TOPIC_CONSUME_BY_WHO (300): groups that subscribe a topic now or have offsets on it.
class GroupsOfTopic {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryTopicConsumeByWho;
  static constexpr std::string_view kName = "QUERY_TOPIC_CONSUME_BY_WHO";
  using Request = protocol::QueryTopicConsumeByWhoRequest;
  using Response = NoHeader;
  GroupsOfTopic(const ClientRegistry& clients, const ConsumerOffsets& offsets)
      : clients_(clients), offsets_(offsets) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
  const ConsumerOffsets& offsets_;
};

// QUERY_TOPICS_BY_CONSUMER (343): topics a group subscribes now or has offsets on.
class TopicsOfGroup {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryTopicsByConsumer;
  static constexpr std::string_view kName = "QUERY_TOPICS_BY_CONSUMER";
  using Request = protocol::QueryTopicsByConsumerRequest;
  using Response = NoHeader;
  TopicsOfGroup(const ClientRegistry& clients, const ConsumerOffsets& offsets)
      : clients_(clients), offsets_(offsets) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
  const ConsumerOffsets& offsets_;
};

}  // namespace mq::broker
