#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers of clients and consumer groups (rocketmq-wire.md 2.2, 2.3, 4.4, 4.13).
namespace mq::protocol {

// Clients send whole heartbeats for good when `supports_v2` is absent.
struct HeartBeatResponse {
  std::optional<bool> supports_v2{};
  bool subscription_changed = true;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("IS_SUPPORT_HEART_BEAT_V2", self.supports_v2);
    v.optional("IS_SUB_CHANGE", self.subscription_changed);
  }
};

struct UnregisterClientRequest {
  static constexpr std::int32_t kCode = request_code::kUnregisterClient;
  std::string client_id{};
  std::string producer_group{};
  std::string consumer_group{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("clientID", self.client_id);
    v.optional("producerGroup", self.producer_group);
    v.optional("consumerGroup", self.consumer_group);
  }
};

// The answer's body is ConsumerIds.
struct GetConsumerListByGroupRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumerListByGroup;
  std::string consumer_group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
  }
};

// Server to client, one-way: rebalance at once.
struct NotifyConsumerIdsChangedRequest {
  static constexpr std::int32_t kCode = request_code::kNotifyConsumerIdsChanged;
  std::string consumer_group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
  }
};

// Relayed to the client as it came; the answer's body goes back untouched.
struct GetConsumerRunningInfoRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumerRunningInfo;
  std::string consumer_group{};
  std::string client_id{};
  bool jstack = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.required("clientId", self.client_id);
    v.optional("jstackEnable", self.jstack);
  }
};

struct ConsumeMessageDirectlyRequest {
  static constexpr std::int32_t kCode = request_code::kConsumeMessageDirectly;
  std::string consumer_group{};
  std::string client_id{};
  std::string msg_id{};  // offset message id
  std::string broker{};
  std::string topic{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
    v.optional("clientId", self.client_id);
    v.optional("msgId", self.msg_id);
    v.optional("brokerName", self.broker);
    v.optional("topic", self.topic);
  }
};

struct GetConsumerConnectionListRequest {
  static constexpr std::int32_t kCode = request_code::kGetConsumerConnectionList;
  std::string consumer_group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("consumerGroup", self.consumer_group);
  }
};

struct GetProducerConnectionListRequest {
  static constexpr std::int32_t kCode = request_code::kGetProducerConnectionList;
  std::string producer_group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("producerGroup", self.producer_group);
  }
};

// Body of request 200: SubscriptionGroupConfig; it has no header.
struct GetSubscriptionGroupConfigRequest {
  static constexpr std::int32_t kCode = request_code::kGetSubscriptionGroupConfig;
  std::string group{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("group", self.group);
  }
};

struct DeleteSubscriptionGroupRequest {
  static constexpr std::int32_t kCode = request_code::kDeleteSubscriptionGroup;
  std::string group{};
  bool clean_offset = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("groupName", self.group);
    v.optional("cleanOffset", self.clean_offset);
  }
};

// Answered with everything at once; the total ends the paging of 5.x tools (rocketmq-wire.md 2.8).
struct GetAllSubscriptionGroupConfigResponse {
  std::int32_t total = 0;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("totalGroupNum", self.total);
  }
};

}  // namespace mq::protocol
