#include "mq/broker/processors/query_assignment.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace mq::broker {
namespace {

constexpr std::string_view kPull = "PULL";
constexpr std::string_view kPop = "POP";
using Queues = std::vector<std::int32_t>;

// The same arithmetic as the clients': the first `count % members` get one queue more.
Queues average(std::int32_t count, std::int32_t members, std::int32_t index) {
  Queues mine;
  const auto share = count / members;
  const auto rest = count % members;
  const auto begin = index * share + std::min(index, rest);
  const auto end = begin + share + (index < rest ? 1 : 0);
  for (auto queue = begin; queue < end; ++queue) mine.push_back(queue);
  return mine;
}

Queues by_circle(std::int32_t count, std::int32_t members, std::int32_t index) {
  Queues mine;
  for (auto queue = index; queue < count; queue += members) mine.push_back(queue);
  return mine;
}

// Nothing when there is no such strategy.
std::optional<Queues> allocate(std::string_view strategy, std::int32_t count, std::int32_t members,
                               std::int32_t index) {
  if (strategy == "AVG" || strategy.empty()) return average(count, members, index);
  if (strategy == "AVG_BY_CIRCLE") return by_circle(count, members, index);
  return std::nullopt;
}

// Each client pops all queues, or its own and those of the next few clients, who so help one another out.
std::optional<Queues> allocate_to_pop(std::string_view strategy, std::int32_t count, std::int32_t members,
                                      std::int32_t index, std::int32_t share) {
  if (share <= 0 || share >= members - 1) return Queues{-1};
  if (members > count) return count > 0 ? Queues{index % count} : Queues{};
  Queues mine;
  for (std::int32_t i = 0; i <= share; ++i) {
    const auto part = allocate(strategy, count, members, (index + i) % members);
    if (!part) return std::nullopt;
    mine.insert(mine.end(), part->begin(), part->end());
  }
  std::ranges::sort(mine);
  mine.erase(std::ranges::unique(mine).begin(), mine.end());
  return mine;
}

}  // namespace

Answer<> QueryAssignment::operator()(const Request& request, const Caller&) {
  const auto& ask = request.body;
  const auto* topic = topics_.find_durable(ask.topic);
  if (topic == nullptr) return refuse(response_code::kTopicNotExist, "topic[" + ask.topic + "] not exist");
  const auto mode = modes_.find(ask.topic, ask.consumer_group);
  std::optional<Queues> mine;
  if (ask.model == protocol::MessageModel::broadcasting) {
    mine = average(topic->read_queues, 1, 0);
  } else {
    const auto ids = clients_.client_ids(ask.consumer_group);
    const auto self = std::ranges::find(ids, ask.client_id);
    if (self == ids.end()) {
      return refuse(response_code::kSystemError,
                    "the client [" + ask.client_id + "] is not a member of group " + ask.consumer_group);
    }
    const auto members = static_cast<std::int32_t>(ids.size());
    const auto index = static_cast<std::int32_t>(self - ids.begin());
    mine = mode.mode == kPop
               ? allocate_to_pop(ask.strategy, topic->read_queues, members, index, mode.pop_share_queues)
               : allocate(ask.strategy, topic->read_queues, members, index);
  }
  if (!mine) return refuse(response_code::kSystemError, "unknown allocation strategy " + ask.strategy);
  protocol::QueryAssignmentResponse response;
  for (const auto queue : *mine) {
    protocol::QueueAssignment assignment;
    assignment.queue = {ask.topic, broker_, queue};
    assignment.mode = mode.mode;
    response.assignments.push_back(std::move(assignment));
  }
  return with_body(response);
}

void SetMessageRequestMode::operator()(const Request& request, const Caller&,
                                       const ReplyTo<Response>& reply) {
  const auto& wish = request.body;
  if (wish.mode != kPop && wish.mode != kPull) {
    return reply(refuse(response_code::kInvalidParameter, "the mode must be PULL or POP"));
  }
  if (wish.topic.starts_with(kRetryPrefix)) {
    return reply(refuse(response_code::kNoPermission, "retry topic is not allowed to set mode"));
  }
  if (topics_.find(wish.topic) == nullptr) {
    return reply(refuse(response_code::kTopicNotExist, "topic[" + wish.topic + "] not exist"));
  }
  if (groups_.find_or_create(wish.consumer_group).group == nullptr) {
    return reply(refuse(response_code::kSubscriptionGroupNotExist, "subscription group does not exist"));
  }
  const auto until = modes_.put(wish);
  if (!until) return reply(cannot_store(until.error()));
  waits_.when_durable(*until, [reply] { reply(done()); });
}

}  // namespace mq::broker
