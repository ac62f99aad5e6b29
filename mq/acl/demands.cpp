#include "mq/acl/demands.hpp"

#include <boost/json/parse.hpp>

#include <utility>

#include "mq/base/bytes.hpp"
#include "mq/model/names.hpp"
#include "mq/protocol/bodies_group.hpp"
#include "mq/protocol/body.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::acl {
namespace {

namespace request_code = protocol::request_code;
constexpr std::int32_t kBatchAck = 200151;

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

// {"acks":[{"c":group,"t":topic,…}],…}
Demands of_batch_ack(std::string_view text) {
  boost::system::error_code failed;
  const auto body = boost::json::parse(text, failed);
  const auto* whole = failed ? nullptr : body.if_object();
  const auto* acks = whole == nullptr ? nullptr : whole->if_contains("acks");
  if (acks == nullptr || !acks->is_array()) return admin();
  Demands demands;
  const auto add_name = [&demands](const boost::json::value& ack, const char* key, Resource kind) {
    const auto* object = ack.if_object();
    const auto* name = object == nullptr ? nullptr : object->if_contains(key);
    const bool readable = name != nullptr && name->is_string();
    add(demands, kind, readable ? std::string(name->get_string()) : std::string(), action::kSub);
  };
  for (const auto& ack : acks->get_array()) {
    add_name(ack, "c", Resource::group);
    add_name(ack, "t", Resource::topic);
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
    case kBatchAck:
      return of_batch_ack(text);
    default:
      return admin();
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
  return demands;
}

}  // namespace mq::acl
