#include "mq/acl/demands.hpp"

#include <utility>

#include "mq/base/bytes.hpp"
#include "mq/model/names.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/bodies_pop.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::acl {
namespace {

namespace request_code = protocol::request_code;

Demands admin() { return {.admin = true, .all = {}}; }

void add(Demands& demands, Resource kind, std::string name, Actions any_of) {
  if (name.empty()) demands.admin = true;
  demands.all.push_back({kind, std::move(name), any_of});
}

void add(Demands& demands, Resource kind, const FieldRule& rule, const protocol::CommandView& request) {
  if (rule.field.empty()) return;
  const auto* field = request.find(rule.field);
  if (rule.optional && (field == nullptr || field->value.empty())) return;
  std::string name;
  if (field == nullptr || !unescape_to(name, *field)) name.clear();
  // Before it sends to a topic that is not there yet, a producer asks for the route of this template.
  if (request.code == request_code::kGetRouteInfoByTopic && name == kAutoCreateTopic) return;
  add(demands, kind, std::move(name), rule.any_of);
}

Demands of_heartbeat(std::string_view text) {
  const auto body = protocol::decode_body<protocol::HeartbeatData>(text);
  if (!body) return admin();
  Demands demands;
  for (const auto& consumer : body->consumers) {
    add(demands, Resource::group, consumer.group, action::kSub);
    for (const auto& subscription : consumer.subscriptions) {
      add(demands, Resource::topic, subscription.topic, action::kSub);
    }
  }
  return demands;
}

Demands of_locks(std::string_view text) {
  const auto body = protocol::decode_body<protocol::LockBatchRequest>(text);
  if (!body) return admin();
  Demands demands;
  add(demands, Resource::group, body->consumer_group, action::kSub);
  for (const auto& queue : body->queues) add(demands, Resource::topic, queue.topic, action::kSub);
  return demands;
}

Demands of_check(std::string_view text) {
  const auto body = protocol::decode_body<protocol::CheckClientRequest>(text);
  if (!body) return admin();
  Demands demands;
  add(demands, Resource::group, body->group, action::kSub);
  add(demands, Resource::topic, body->subscription.topic, action::kSub);
  return demands;
}

Demands of_assignment(std::string_view text) {
  const auto body = protocol::decode_body<protocol::QueryAssignmentRequest>(text);
  if (!body) return admin();
  Demands demands;
  add(demands, Resource::group, body->consumer_group, action::kSub);
  add(demands, Resource::topic, body->topic, action::kSub);
  return demands;
}

Demands of_batch_ack(std::string_view text) {
  const auto body = protocol::decode_body<protocol::BatchAckMessageRequest>(text);
  if (!body) return admin();
  Demands demands;
  for (const auto& ack : body->acks) {
    add(demands, Resource::group, ack.consumer_group, action::kSub);
    add(demands, Resource::topic, ack.topic, action::kSub);
  }
  return demands;
}

Demands of_body(const protocol::CommandView& request) {
  const auto text = base::text_of(request.body);
  switch (request.code) {
    case request_code::kHeartBeat:
      return of_heartbeat(text);
    case request_code::kLockBatchMq:
    case request_code::kUnlockBatchMq:
      return of_locks(text);
    case request_code::kCheckClientConfig:
      return of_check(text);
    case request_code::kQueryAssignment:
      return of_assignment(text);
    case request_code::kBatchAckMessage:
      return of_batch_ack(text);
    default:
      return admin();
  }
}

// What a group popped and did not acknowledge comes again in a retry topic named by both, "%RETRY%g_T": to
// acknowledge it there takes what it took to pop it.
void look_behind_pop_retry(Demands& demands) {
  for (const auto& group : demands.all) {
    if (group.kind != Resource::group) continue;
    const auto front = retry_topic(group.name);
    for (auto& topic : demands.all) {
      const bool behind = topic.kind == Resource::topic && topic.name.size() > front.size() + 1 &&
                          topic.name.starts_with(front) &&
                          (topic.name[front.size()] == '_' || topic.name[front.size()] == '+');
      if (behind) topic.name.erase(0, front.size() + 1);
    }
  }
}

}  // namespace

Demands demands_of(const protocol::CommandView& request) {
  const auto* row = find_row(request.code);
  if (row == nullptr || row->asks == Asks::admin) return admin();
  if (row->asks == Asks::body) return of_body(request);
  Demands demands;
  add(demands, Resource::topic, row->topic, request);
  add(demands, Resource::group, row->group, request);
  look_behind_pop_retry(demands);
  return demands;
}

}  // namespace mq::acl
