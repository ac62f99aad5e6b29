#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::broker {

// QUERY_ASSIGNMENT (400): which queues this client gets, for clients that let the broker rebalance. Mode
// PULL, strategies AVG and AVG_BY_CIRCLE over sorted clients and queues (rocketmq-wire.md 4.12).
class QueryAssignment {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryAssignment;
  static constexpr std::string_view kName = "QUERY_ASSIGNMENT";
  using Request = FromBody<protocol::QueryAssignmentRequest>;
  using Response = NoHeader;

  QueryAssignment(const ClientRegistry& clients, const TopicTable& topics, std::string broker)
      : clients_(clients), topics_(topics), broker_(std::move(broker)) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
  const TopicTable& topics_;
  std::string broker_;
};

}  // namespace mq::broker
