#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "mq/protocol/codes.hpp"

// Headers of the name server (rocketmq-wire.md 2.4, 4.1).
namespace mq::protocol {

// The answer's body is TopicRouteData; 17 when the topic has no route.
struct GetRouteInfoByTopicRequest {
  static constexpr std::int32_t kCode = request_code::kGetRouteInfoByTopic;
  std::string topic{};
  std::optional<bool> standard_json_only{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.optional("acceptStandardJsonOnly", self.standard_json_only);
  }
};

struct GetTopicsByClusterRequest {
  static constexpr std::int32_t kCode = request_code::kGetTopicsByCluster;
  std::string cluster{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("cluster", self.cluster);
  }
};

struct DeleteTopicInNamesrvRequest {
  static constexpr std::int32_t kCode = request_code::kDeleteTopicInNamesrv;
  std::string topic{};
  std::string cluster{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("topic", self.topic);
    v.optional("clusterName", self.cluster);
  }
};

struct PutKvConfigRequest {
  static constexpr std::int32_t kCode = request_code::kPutKvConfig;
  std::string name_space{};
  std::string key{};
  std::string value{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("namespace", self.name_space);
    v.required("key", self.key);
    v.required("value", self.value);
  }
};

struct GetKvConfigRequest {
  static constexpr std::int32_t kCode = request_code::kGetKvConfig;
  std::string name_space{};
  std::string key{};

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("namespace", self.name_space);
    v.required("key", self.key);
  }
};
struct GetKvConfigResponse {
  std::string value{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("value", self.value);
  }
};

struct DeleteKvConfigRequest : GetKvConfigRequest {
  static constexpr std::int32_t kCode = request_code::kDeleteKvConfig;
};

// The answer's body is KVTable.
struct GetKvListByNamespaceRequest {
  static constexpr std::int32_t kCode = request_code::kGetKvListByNamespace;
  std::string name_space{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("namespace", self.name_space);
  }
};

struct WipeWritePermOfBrokerRequest {
  static constexpr std::int32_t kCode = request_code::kWipeWritePermOfBroker;
  std::string broker{};
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("brokerName", self.broker);
  }
};
struct WipeWritePermOfBrokerResponse {
  std::int32_t count = 0;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("wipeTopicCount", self.count);
  }
};

struct AddWritePermOfBrokerRequest : WipeWritePermOfBrokerRequest {
  static constexpr std::int32_t kCode = request_code::kAddWritePermOfBroker;
};
struct AddWritePermOfBrokerResponse {
  std::int32_t count = 0;
  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.required("addTopicCount", self.count);
  }
};

}  // namespace mq::protocol
