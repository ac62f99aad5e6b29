#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/headers_group.hpp"

namespace mq::broker {

// HEART_BEAT (34): a client says which groups it belongs to and what they subscribe. Makes the group and
// its %RETRY% topic; both are durable and have a route before the answer, because the client looks for
// them next (rocketmq-wire.md 4.4, pitfall 8).
class Heartbeat {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kHeartBeat;
  static constexpr std::string_view kName = "HEART_BEAT";
  using Request = FromBody<protocol::HeartbeatData>;
  using Response = protocol::HeartBeatResponse;

  Heartbeat(ClientRegistry& clients, GroupTable& groups, TopicTable& topics, DurableWaits& waits)
      : clients_(clients), groups_(groups), topics_(topics), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  struct Joined {
    LogOffset until{0};     // answer when this is durable
    bool send_all = false;  // V2: we lack what the fingerprint stands for
    bool stored = true;     // false: the disk refused the group or its topic
  };
  Joined join(const protocol::ConsumerData& data, const protocol::HeartbeatData& heartbeat,
              const Client& client);

  ClientRegistry& clients_;
  GroupTable& groups_;
  TopicTable& topics_;
  DurableWaits& waits_;
};

// UNREGISTER_CLIENT (35): this connection leaves a producer group, a consumer group or both.
class UnregisterClient {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUnregisterClient;
  static constexpr std::string_view kName = "UNREGISTER_CLIENT";
  using Request = protocol::UnregisterClientRequest;
  using Response = NoHeader;

  UnregisterClient(ClientRegistry& clients, const GroupTable& groups) : clients_(clients), groups_(groups) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  ClientRegistry& clients_;
  const GroupTable& groups_;
};

// GET_CONSUMER_LIST_BY_GROUP (38): the members, for the clients' own allocation of queues.
class ConsumerList {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetConsumerListByGroup;
  static constexpr std::string_view kName = "GET_CONSUMER_LIST_BY_GROUP";
  using Request = protocol::GetConsumerListByGroupRequest;
  using Response = NoHeader;

  explicit ConsumerList(const ClientRegistry& clients) : clients_(clients) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ClientRegistry& clients_;
};

// CHECK_CLIENT_CONFIG (46): may this subscription be used? Asked for anything but tags.
class CheckClientConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCheckClientConfig;
  static constexpr std::string_view kName = "CHECK_CLIENT_CONFIG";
  using Request = FromBody<protocol::CheckClientRequest>;
  using Response = NoHeader;

  explicit CheckClientConfig(bool selectors) : selectors_(selectors) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  bool selectors_;
};

}  // namespace mq::broker
