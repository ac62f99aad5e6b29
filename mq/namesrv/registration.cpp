#include "mq/namesrv/registration.hpp"

#include <chrono>
#include <functional>
#include <utility>

#include "mq/protocol/body.hpp"
#include "mq/protocol/register_body.hpp"

namespace mq::namesrv {
namespace {

using broker::done;
using broker::refuse;
using broker::with_body;
namespace response_code = broker::response_code;

constexpr std::string_view kOrderTopics = "ORDER_TOPIC_CONFIG";

BrokerRegistry::Now now() { return std::chrono::steady_clock::now(); }

// Never 0: that means "not known".
std::size_t hash_of(base::BytesView body) { return std::hash<std::string_view>{}(base::text_of(body)) | 1; }

}  // namespace

Answer<RegisterBroker::Response> RegisterBroker::registered(Response master) const {
  auto ordered = kv_.list(kOrderTopics);
  if (ordered.empty()) return Answer<Response>(std::move(master));
  return with_body(std::move(master), protocol::KVTable{std::move(ordered)});
}

Answer<RegisterBroker::Response> RegisterBroker::operator()(const Request& request, const Caller& caller) {
  const auto& header = request.header;
  if (routes_.is_bundled(header.who.broker)) {
    return refuse(response_code::kSystemError,
                  "broker " + header.who.broker +
                      " is the one bundled with this name server: give this broker another name");
  }
  const auto connection = caller.peer.connection;
  const auto hash = hash_of(request.body);
  if (registry_.enroll_again(header, hash, connection, now())) return registered({});
  if (header.body_crc32 != 0 && header.body_crc32 != protocol::register_body_crc32(request.body)) {
    return refuse(response_code::kSystemError, "crc32 not match");
  }
  const auto body = protocol::decode_register_body(request.body, header.compressed);
  if (!body) {
    return refuse(response_code::kSystemError,
                  "the body of the registration cannot be read: " + body.error().message());
  }
  auto outcome = registry_.enroll(header, *body, hash, connection, now());
  if (!outcome.refused.empty()) return refuse(response_code::kSystemError, std::move(outcome.refused));
  return registered(std::move(outcome.master));
}

Answer<> UnregisterBroker::operator()(const Request& request, const Caller&) {
  registry_.remove(request);
  return done();
}

Answer<QueryDataVersion::Response> QueryDataVersion::operator()(const Request& request, const Caller&) {
  const auto& who = request.header;
  const auto asked = protocol::decode_body<protocol::DataVersion>(base::text_of(request.body));
  if (!asked) return refuse(response_code::kSystemError, "the body is not a DataVersion");
  registry_.touch(who.cluster, who.address, now());
  const auto* known = registry_.version_of(who.cluster, who.address);
  if (known == nullptr) return Response{true};
  return with_body(Response{*known != *asked}, *known);
}

Answer<> BrokerHeartbeat::operator()(const Request& request, const Caller&) {
  registry_.touch(request.cluster, request.address, now());
  return done();
}

Answer<> GetBrokerMemberGroup::operator()(const Request& request, const Caller& caller) {
  return with_body(
      protocol::BrokerMemberGroupBody{routes_.members(request.cluster, request.broker, caller.peer)});
}

Answer<> RegisterTopic::operator()(const Request& request, const Caller&) {
  const auto route = protocol::decode_body<protocol::TopicRouteData>(base::text_of(request.body));
  if (!route) return refuse(response_code::kSystemError, "the body is not a route");
  registry_.put_topic(request.header.topic, route->queues);
  return done();
}

}  // namespace mq::namesrv
