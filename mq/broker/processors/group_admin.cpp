#include "mq/broker/processors/group_admin.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "mq/broker/piecewise_body.hpp"
#include "mq/model/names.hpp"

namespace mq::broker {

Verdict check_group(const GroupConfig& group) {
  if (!is_valid_group(group.group)) {
    return refuse(response_code::kInvalidParameter,
                  "The group name is blank, too long or has characters other than %|a-zA-Z0-9_-");
  }
  if (group.retry_queues > 1024) {
    return refuse(response_code::kInvalidParameter, "retryQueueNums must not be above 1024");
  }
  return {};
}

void CreateGroup::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto& group = request.body;
  if (auto refused = check_group(group); refused.code != response_code::kSuccess) return reply(refused);
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
    shared_.pops.remove_group(request.group);
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

void GetAllGroupConfig::operator()(const Request&, const Caller&, const ReplyTo<Response>& reply) {
  using Wrapper = protocol::SubscriptionGroupWrapper;
  slices_.add([this, reply, last = std::string(), response = Response{},
               text = PiecewiseBody<Wrapper>("subscriptionGroupTable")](Slices::Now until) mutable {
    while (const auto next = groups_.next(last)) {
      last = next->first;
      Wrapper one;
      one.groups.emplace(last, *next->second);
      text.add(one);
      ++response.total;
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    Wrapper rest;
    rest.data_version = groups_.version();
    rest.forbidden = groups_.forbidden();
    reply(Answer<Response>(response, text.text(rest)));
    return true;
  });
}

}  // namespace mq::broker
