#include "mq/broker/processors/heartbeat.hpp"

#include <algorithm>
#include <chrono>

namespace mq::broker {
namespace {

ClientRegistry::Notice notice_of(const GroupConfig* group) {
  const bool notify = group == nullptr || group->notify_ids_changed;
  return notify ? ClientRegistry::Notice::send : ClientRegistry::Notice::withhold;
}

}  // namespace

// A group that may not be made is skipped, as upstream does: the client learns it from its pulls (26).
Heartbeat::Joined Heartbeat::join(const protocol::ConsumerData& data,
                                  const protocol::HeartbeatData& heartbeat, const Client& client) {
  Joined joined;
  const auto known = groups_.find_or_create(data.group);
  if (known.group == nullptr) {
    joined.stored = known.refused.code != response_code::kServiceNotAvailable;
    return joined;
  }
  const auto retry = topics_.ensure(retry_topic(data.group), known.group->retry_queues);
  joined.stored = retry.has_value();
  joined.until = std::max(known.until, retry ? *retry : LogOffset{0});
  const auto subscriptions = heartbeat.without_subscriptions ? ClientRegistry::Subscriptions::keep
                                                             : ClientRegistry::Subscriptions::replace;
  clients_.register_consumer(data, client, subscriptions, notice_of(known.group),
                             std::chrono::steady_clock::now());
  joined.send_all = clients_.note_fingerprint(data.group, heartbeat.fingerprint, subscriptions);
  return joined;
}

void Heartbeat::operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply) {
  const auto& heartbeat = request.body;
  const Client client{caller.peer.connection, caller.peer.remote, heartbeat.client_id,
                      std::string(caller.language), caller.version};
  Joined all;
  for (const auto& data : heartbeat.consumers) {
    const auto joined = join(data, heartbeat, client);
    all.until = std::max(all.until, joined.until);
    all.send_all |= joined.send_all;
    all.stored &= joined.stored;
  }
  for (const auto& data : heartbeat.producers) {
    clients_.register_producer(data.group, client, std::chrono::steady_clock::now());
  }
  if (!all.stored) {
    return reply(refuse(response_code::kSystemError, "the group or its retry topic cannot be stored"));
  }
  Response response;
  response.supports_v2 = true;
  response.subscription_changed = heartbeat.fingerprint == 0 || all.send_all;
  waits_.when_durable(all.until, [reply, response] { reply(Answer<Response>(response)); });
}

Answer<> UnregisterClient::operator()(const Request& request, const Caller& caller) {
  const auto connection = caller.peer.connection;
  if (!request.producer_group.empty()) clients_.unregister_producer(request.producer_group, connection);
  if (!request.consumer_group.empty()) {
    const auto notice = notice_of(groups_.find(request.consumer_group));
    clients_.unregister_consumer(request.consumer_group, connection, notice);
  }
  return done();
}

Answer<> ConsumerList::operator()(const Request& request, const Caller&) {
  auto ids = clients_.client_ids(request.consumer_group);
  if (ids.empty()) {
    return refuse(response_code::kSystemError, "no consumer for this group, " + request.consumer_group);
  }
  return with_body(protocol::ConsumerIds{std::move(ids)});
}

Answer<> CheckClientConfig::operator()(const Request& request, const Caller&) {
  const auto& asked = request.body.subscription;
  if (auto refused = check_filter_type(asked.expression_type, selectors_);
      refused.code != response_code::kSuccess) {
    return refused;
  }
  const auto parsed = parse_filter(asked.expression_type, asked.expression);
  if (parsed.filter) return done();
  return refuse(response_code::kSubscriptionParseFailed, parsed.problem);
}

}  // namespace mq::broker
