#pragma once
#include <cstddef>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/router.hpp"
#include "mq/namesrv/kv_config.hpp"
#include "mq/namesrv/route_table.hpp"
#include "mq/protocol/headers_registration.hpp"

namespace mq::namesrv {

using broker::Answer;
using broker::Caller;
using broker::NoHeader;

// A request that is a header and bytes. The bytes are the frame's: do not keep them.
template <class Header>
struct WithBytes {
  Header header;
  base::BytesView body;
};

// REGISTER_BROKER (103): a broker of another process says where it is and what topics it has. One that says
// the same on the same connection again costs a hash of its body.
class RegisterBroker {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kRegisterBroker;
  static constexpr std::string_view kName = "REGISTER_BROKER";
  using Request = WithBytes<protocol::RegisterBrokerRequest>;
  using Response = protocol::RegisterBrokerResponse;
  RegisterBroker(BrokerRegistry& registry, const RouteTable& routes, const KvConfig& kv)
      : registry_(registry), routes_(routes), kv_(kv) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  // Yes, and which queues of ordered topics tools have set.
  [[nodiscard]] Answer<Response> registered(Response master) const;
  BrokerRegistry& registry_;
  const RouteTable& routes_;
  const KvConfig& kv_;
};

// UNREGISTER_BROKER (104).
class UnregisterBroker {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUnregisterBroker;
  static constexpr std::string_view kName = "UNREGISTER_BROKER";
  using Request = protocol::UnregisterBrokerRequest;
  using Response = NoHeader;
  explicit UnregisterBroker(BrokerRegistry& registry) : registry_(registry) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  BrokerRegistry& registry_;
};

// QUERY_DATA_VERSION (322): do you know my topics already? Also a sign of life.
class QueryDataVersion {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryDataVersion;
  static constexpr std::string_view kName = "QUERY_DATA_VERSION";
  using Request = WithBytes<protocol::QueryDataVersionRequest>;
  using Response = protocol::QueryDataVersionResponse;
  explicit QueryDataVersion(BrokerRegistry& registry) : registry_(registry) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  BrokerRegistry& registry_;
};

// BROKER_HEARTBEAT (904): a sign of life between registrations.
class BrokerHeartbeat {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kBrokerHeartbeat;
  static constexpr std::string_view kName = "BROKER_HEARTBEAT";
  using Request = protocol::BrokerHeartbeatRequest;
  using Response = NoHeader;
  explicit BrokerHeartbeat(BrokerRegistry& registry) : registry_(registry) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  BrokerRegistry& registry_;
};

// GET_BROKER_MEMBER_GROUP (901): the processes of one broker name.
class GetBrokerMemberGroup {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetBrokerMemberGroup;
  static constexpr std::string_view kName = "GET_BROKER_MEMBER_GROUP";
  using Request = protocol::GetBrokerMemberGroupRequest;
  using Response = NoHeader;
  explicit GetBrokerMemberGroup(const RouteTable& routes) : routes_(routes) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const RouteTable& routes_;
};

// REGISTER_TOPIC_IN_NAMESRV (217): one topic of brokers that are registered. Answered yes in any case, as
// upstream.
class RegisterTopic {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kRegisterTopicInNamesrv;
  static constexpr std::string_view kName = "REGISTER_TOPIC_IN_NAMESRV";
  using Request = WithBytes<protocol::RegisterTopicRequest>;
  using Response = NoHeader;
  explicit RegisterTopic(BrokerRegistry& registry) : registry_(registry) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  BrokerRegistry& registry_;
};

}  // namespace mq::namesrv

template <class Header>
struct mq::broker::RequestCodec<mq::namesrv::WithBytes<Header>> {
  static base::Result<mq::namesrv::WithBytes<Header>> decode(const protocol::CommandView& command,
                                                             std::string&, std::string* problem) {
    auto header = protocol::decode_header<Header>(command, problem);
    if (!header) return header.error();
    return mq::namesrv::WithBytes<Header>{std::move(*header), command.body};
  }
};
