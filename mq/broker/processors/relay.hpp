#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_calls.hpp"
#include "mq/protocol/headers_group.hpp"
#include "mq/protocol/headers_offset.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// GET_CONSUMER_RUNNING_INFO (307): what one consumer is doing. Asked by tools, answered by the consumer; its
// words pass through untouched (rocketmq-wire.md 4.13).
class ConsumerRunningInfo {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetConsumerRunningInfo;
  static constexpr std::string_view kName = "GET_CONSUMER_RUNNING_INFO";
  using Request = protocol::GetConsumerRunningInfoRequest;
  using Response = NoHeader;

  ConsumerRunningInfo(const ClientRegistry& clients, AskClient ask)
      : clients_(clients), ask_(std::move(ask)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const ClientRegistry& clients_;
  AskClient ask_;
};

// CONSUME_MESSAGE_DIRECTLY (309): a consumer handles one stored message out of turn. Without a client id the
// broker chooses one of the group.
class ConsumeDirectly {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kConsumeMessageDirectly;
  static constexpr std::string_view kName = "CONSUME_MESSAGE_DIRECTLY";
  using Request = protocol::ConsumeMessageDirectlyRequest;
  using Response = NoHeader;

  ConsumeDirectly(const ClientRegistry& clients, const storage::MessageStore& store, AskClient ask,
                  std::string broker)
      : clients_(clients), store_(store), ask_(std::move(ask)), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const ClientRegistry& clients_;
  const storage::MessageStore& store_;
  AskClient ask_;
  std::string broker_;
};

// INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223): where each consumer of a group, or the one named, believes to
// stand. Consumers that do not answer are left out.
class ConsumerStatus {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetConsumerStatus;
  static constexpr std::string_view kName = "INVOKE_BROKER_TO_GET_CONSUMER_STATUS";
  using Request = protocol::GetConsumerStatusRequest;
  using Response = NoHeader;

  ConsumerStatus(const ClientRegistry& clients, AskClient ask) : clients_(clients), ask_(std::move(ask)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const ClientRegistry& clients_;
  AskClient ask_;
};

}  // namespace mq::broker
