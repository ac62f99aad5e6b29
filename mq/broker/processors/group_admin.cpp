#include "mq/broker/processors/group_admin.hpp"

#include <algorithm>

#include "mq/model/names.hpp"

namespace mq::broker {

void CreateGroup::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto& group = request.body;
  if (!is_valid_group(group.group)) {
    return reply(refuse(response_code::kInvalidParameter,
                        "The group name is blank, too long or has characters other than %|a-zA-Z0-9_-"));
  }
  if (group.retry_queues > 1024) {
    return reply(refuse(response_code::kInvalidParameter, "retryQueueNums must not be above 1024"));
  }
  const auto until = groups_.put(group);
  if (!until) return reply(cannot_store(until.error()));
  waits_.when_durable(*until, [reply] { reply(done()); });
}

void DeleteGroup::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  auto until = shared_.groups.remove(request.group);
  if (!until) return reply(cannot_store(until.error()));
  shared_.locks.remove_group(request.group);
  shared_.stats.forget_group(request.group);
  if (request.clean_offset) {
    // Not with the next regular write: the answer promises that they are gone.
    shared_.offsets.remove_group(request.group);
    const auto forgotten = shared_.offsets.flush_all();
    if (!forgotten) return reply(cannot_store(forgotten.error()));
    until = std::max(*until, *forgotten);
  }
  shared_.waits.when_durable(*until, [reply] { reply(done()); });
}

Answer<> GetGroupConfig::operator()(const Request& request, const Caller&) {
  const auto* group = groups_.find_durable(request.group);
  if (group == nullptr) {
    return refuse(response_code::kSubscriptionGroupNotExist,
                  "No group in this broker. group: " + request.group);
  }
  return with_body(*group);
}

Answer<protocol::GetAllSubscriptionGroupConfigResponse> GetAllGroupConfig::operator()(const Request&,
                                                                                      const Caller&) {
  protocol::SubscriptionGroupWrapper all;
  all.data_version = groups_.version();
  for (const auto& [name, group] : groups_.durable()) all.groups.emplace(name, *group);
  Response response;
  response.total = static_cast<std::int32_t>(all.groups.size());
  return with_body(response, all);
}

}  // namespace mq::broker
