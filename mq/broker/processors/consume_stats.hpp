#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_admin.hpp"
#include "mq/protocol/headers_admin.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// GET_CONSUME_STATS (208): where a group stands in each queue of each of its topics (rocketmq-wire.md 4.14).
class ConsumeStats {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetConsumeStats;
  static constexpr std::string_view kName = "GET_CONSUME_STATS";
  using Request = protocol::GetConsumeStatsRequest;
  using Response = NoHeader;
  struct Shared {  // what it works with
    const TopicTable& topics;
    const ClientRegistry& clients;
    const ConsumerOffsets& offsets;
    const storage::MessageStore& store;
    const Stats& stats;
    Slices& slices;
  };
  ConsumeStats(const Shared& shared, std::string broker) : shared_(shared), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  friend class BrokerConsumeStats;
  // Tools ask for the route of every topic they are told, so deleted ones are left out.
  struct Consumed {
    std::string topic;
    std::int32_t queues = 0;
    bool order = false;
  };
  [[nodiscard]] std::vector<Consumed> topics_of(const Request& request) const;
  [[nodiscard]] protocol::ConsumeOffset position(const std::string& group, const QueueId& queue) const;

  Shared shared_;
  std::string broker_;
};

// GET_BROKER_CONSUME_STATS (317): the same of all groups, one queue after the other. A topic that an online
// group does not subscribe is left out, and with isOrder every topic that is not ordered.
class BrokerConsumeStats {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerConsumeStats;
  static constexpr std::string_view kName = "GET_BROKER_CONSUME_STATS";
  using Request = protocol::GetBrokerConsumeStatsRequest;
  using Response = NoHeader;
  // `address` names the broker to people.
  BrokerConsumeStats(ConsumeStats& of_one, const GroupTable& groups, std::string address)
      : of_one_(of_one), groups_(groups), address_(std::move(address)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  class Walk;
  ConsumeStats& of_one_;
  const GroupTable& groups_;
  std::string address_;
};

}  // namespace mq::broker
