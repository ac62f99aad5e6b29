#pragma once
#include <array>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/namesrv/route_table.hpp"
#include "mq/protocol/headers_route.hpp"

namespace mq::namesrv {

using broker::Answer;
using broker::Caller;
using broker::NoHeader;

// GET_ROUTEINFO_BY_TOPIC (105). Always standard JSON with quoted keys: every client reads that.
class GetRoute {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetRouteInfoByTopic;
  static constexpr std::string_view kName = "GET_ROUTEINFO_BY_TOPIC";
  using Request = protocol::GetRouteInfoByTopicRequest;
  using Response = NoHeader;
  explicit GetRoute(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// GET_BROKER_CLUSTER_INFO (106).
class GetClusterInfo {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerClusterInfo;
  static constexpr std::string_view kName = "GET_BROKER_CLUSTER_INFO";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit GetClusterInfo(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206).
class GetAllTopics {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetAllTopicListFromNamesrv;
  static constexpr std::string_view kName = "GET_ALL_TOPIC_LIST_FROM_NAMESERVER";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit GetAllTopics(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// GET_TOPICS_BY_CLUSTER (224). An unknown cluster has none.
class GetTopicsOfCluster {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetTopicsByCluster;
  static constexpr std::string_view kName = "GET_TOPICS_BY_CLUSTER";
  using Request = protocol::GetTopicsByClusterRequest;
  using Response = NoHeader;
  explicit GetTopicsOfCluster(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// GET_SYSTEM_TOPIC_LIST_FROM_NS (304): the names of clusters and brokers, and any broker's address.
class GetSystemTopics {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetSystemTopicListFromNamesrv;
  static constexpr std::string_view kName = "GET_SYSTEM_TOPIC_LIST_FROM_NS";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit GetSystemTopics(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// WIPE_WRITE_PERM_OF_BROKER (205): producers stop sending to a broker that is to be taken away.
class WipeWritePerm {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kWipeWritePermOfBroker;
  static constexpr std::string_view kName = "WIPE_WRITE_PERM_OF_BROKER";
  using Request = protocol::WipeWritePermOfBrokerRequest;
  using Response = protocol::WipeWritePermOfBrokerResponse;
  explicit WipeWritePerm(RouteTable& routes) : routes_(routes) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  RouteTable& routes_;
};

// ADD_WRITE_PERM_OF_BROKER (327): and begin again.
class AddWritePerm {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kAddWritePermOfBroker;
  static constexpr std::string_view kName = "ADD_WRITE_PERM_OF_BROKER";
  using Request = protocol::AddWritePermOfBrokerRequest;
  using Response = protocol::AddWritePermOfBrokerResponse;
  explicit AddWritePerm(RouteTable& routes) : routes_(routes) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  RouteTable& routes_;
};

// DELETE_TOPIC_IN_NAMESRV (216). Tools delete a topic at its brokers (215) and then its route here. The
// bundled broker's went with the topic.
class DeleteRoute {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kDeleteTopicInNamesrv;
  static constexpr std::string_view kName = "DELETE_TOPIC_IN_NAMESRV";
  using Request = protocol::DeleteTopicInNamesrvRequest;
  using Response = NoHeader;
  explicit DeleteRoute(BrokerRegistry& registry) : registry_(registry) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  BrokerRegistry& registry_;
};

}  // namespace mq::namesrv
