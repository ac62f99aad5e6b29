#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers with which brokers talk to a name server (rocketmq-wire.md 2.4, 4.1).
namespace mq::protocol {

// One broker process, as it names itself: `address` is where clients reach it, id 0 is a master.
struct BrokerIdentity {
  std::string broker{};
  std::string address{};
  std::string cluster{};
  std::int64_t id = 0;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("brokerName", self.broker);
    v.required("brokerAddr", self.address);
    v.required("clusterName", self.cluster);
    v.required("brokerId", self.id);
  }
};

// The body is RegisterBrokerBody, perhaps compressed (register_body.hpp).
struct RegisterBrokerRequest {
  static constexpr std::int32_t kCode = request_code::kRegisterBroker;
  BrokerIdentity who{};
  std::string ha_address{};
  std::optional<std::int64_t> expiry_ms{};
  std::optional<bool> enable_acting_master{};
  bool compressed = false;
  std::int32_t body_crc32 = 0;  // of the body as sent, 31 bits; 0: not given
  std::optional<std::string> zone{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    BrokerIdentity::visit(self.who, v);
    v.optional("haServerAddr", self.ha_address);
    v.optional("heartbeatTimeoutMillis", self.expiry_ms);
    v.optional("enableActingMaster", self.enable_acting_master);
    v.optional("compressed", self.compressed);
    v.optional("bodyCrc32", self.body_crc32);
    v.optional("__ZONE_NAME", self.zone);
  }
};

// For slaves: where their master is. The body is KVTable: queues of ordered topics.
struct RegisterBrokerResponse {
  std::string ha_address{};
  std::string master_address{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("haServerAddr", self.ha_address);
    v.optional("masterAddr", self.master_address);
  }
};

struct UnregisterBrokerRequest : BrokerIdentity {
  static constexpr std::int32_t kCode = request_code::kUnregisterBroker;
};

// The body is the broker's DataVersion; the answer's is the one the name server has, if it has one.
struct QueryDataVersionRequest : BrokerIdentity {
  static constexpr std::int32_t kCode = request_code::kQueryDataVersion;
};
struct QueryDataVersionResponse {
  bool changed = true;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("changed", self.changed);
  }
};

struct BrokerHeartbeatRequest {
  static constexpr std::int32_t kCode = request_code::kBrokerHeartbeat;
  std::string cluster{};
  std::string address{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("clusterName", self.cluster);
    v.required("brokerAddr", self.address);
    v.required("brokerName", self.broker);
  }
};

// The answer's body is BrokerMemberGroupBody.
struct GetBrokerMemberGroupRequest {
  static constexpr std::int32_t kCode = request_code::kGetBrokerMemberGroup;
  std::string cluster{};
  std::string broker{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("clusterName", self.cluster);
    v.required("brokerName", self.broker);
  }
};

// The body is TopicRouteData; only its queues count.
struct RegisterTopicRequest {
  static constexpr std::int32_t kCode = request_code::kRegisterTopicInNamesrv;
  std::string topic{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
  }
};

}  // namespace mq::protocol
