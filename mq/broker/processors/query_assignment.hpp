#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/message_request_modes.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::broker {

// QUERY_ASSIGNMENT (400): which queues this client gets, for clients that let the broker rebalance, and
// whether it pulls or pops them. Strategies AVG and AVG_BY_CIRCLE over sorted clients and queues
// (rocketmq-wire.md 4.12).
class QueryAssignment {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryAssignment;
  static constexpr std::string_view kName = "QUERY_ASSIGNMENT";
  using Request = FromBody<protocol::QueryAssignmentRequest>;
  using Response = NoHeader;

  QueryAssignment(const ClientRegistry& clients, const TopicTable& topics, const MessageRequestModes& modes,
                  std::string broker)
      : clients_(clients), topics_(topics), modes_(modes), broker_(std::move(broker)) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
  const TopicTable& topics_;
  const MessageRequestModes& modes_;
  std::string broker_;
};

// SET_MESSAGE_REQUEST_MODE (401).
class SetMessageRequestMode {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kSetMessageRequestMode;
  static constexpr std::string_view kName = "SET_MESSAGE_REQUEST_MODE";
  using Request = FromBody<protocol::SetMessageRequestModeRequest>;
  using Response = NoHeader;

  SetMessageRequestMode(const TopicTable& topics, GroupTable& groups, MessageRequestModes& modes,
                        DurableWaits& waits)
      : topics_(topics), groups_(groups), modes_(modes), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const TopicTable& topics_;
  GroupTable& groups_;
  MessageRequestModes& modes_;
  DurableWaits& waits_;
};

}  // namespace mq::broker
