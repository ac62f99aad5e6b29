#include "mq/broker/processors/pull_message.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace mq::broker {
namespace {

namespace pull_flag = protocol::pull_flag;

// No client waits longer than its own 30 s for the answer.
constexpr std::int64_t kHoldMaxMs = 30'000;

}  // namespace

Verdict PullMessage::check(const Request& request) const {
  const auto known = shared_.groups.find_or_create(request.consumer_group);
  if (known.group == nullptr) return known.refused;
  if (!known.group->consume_enable) {
    return refuse(response_code::kNoPermission,
                  "subscription group no permission, " + request.consumer_group);
  }
  if (shared_.groups.is_forbidden(request.consumer_group, request.topic)) {
    return refuse(response_code::kNoPermission, "the consumer group[" + request.consumer_group +
                                                    "] is forbidden for topic[" + request.topic + "]");
  }
  const auto* topic = shared_.topics.find(request.topic);
  if (topic == nullptr) {
    return refuse(response_code::kTopicNotExist,
                  "topic[" + request.topic + "] not exist, apply first please!");
  }
  if ((topic->perm & perm::kRead) == 0) {
    return refuse(response_code::kNoPermission,
                  "the topic[" + request.topic + "] pulling message is forbidden");
  }
  if (request.queue < 0 || request.queue >= topic->read_queues) {
    return refuse(response_code::kInvalidParameter,
                  "queueId[" + std::to_string(request.queue) + "] is illegal, topic:[" + request.topic +
                      "] topicConfig.readQueueNums:[" + std::to_string(topic->read_queues) + "]");
  }
  return {};
}

// With flag 4 the pull brings its own expression; without it the group's heartbeat says what it wants.
PullMessage::Subscribed PullMessage::subscription_of(const Request& request) const {
  if ((request.sys_flag & pull_flag::kSubscription) != 0) {
    if (auto refused = check_filter_type(request.expression_type, shared_.selectors);
        refused.code != response_code::kSuccess) {
      return {std::move(refused), {}};
    }
    auto parsed = parse_filter(request.expression_type, request.subscription);
    if (parsed.filter) return {{}, std::move(parsed.filter)};
    return {refuse(response_code::kSubscriptionParseFailed,
                   "parse the consumer's subscription failed: " + parsed.problem),
            {}};
  }
  const auto* group = shared_.clients.find_consumers(request.consumer_group);
  if (group == nullptr) {
    return {refuse(response_code::kSubscriptionNotExist,
                   "the consumer's group info not exist, group: " + request.consumer_group),
            {}};
  }
  const auto* config = shared_.groups.find(request.consumer_group);
  const bool broadcasting = group->model == protocol::MessageModel::broadcasting;
  if (broadcasting && config != nullptr && !config->consume_broadcast) {
    return {refuse(response_code::kNoPermission,
                   "the consumer group[" + request.consumer_group + "] can not consume by broadcast way"),
            {}};
  }
  const auto subscription = group->subscriptions.find(request.topic);
  if (subscription == group->subscriptions.end()) {
    return {refuse(response_code::kSubscriptionNotExist,
                   "the consumer's subscription not exist, group: " + request.consumer_group),
            {}};
  }
  const auto& data = subscription->second.data;
  if (data.version < request.sub_version) {
    return {refuse(response_code::kSubscriptionNotLatest, "the consumer's subscription not latest"), {}};
  }
  if (auto refused = check_filter_type(data.expression_type, shared_.selectors);
      refused.code != response_code::kSuccess) {
    return {std::move(refused), {}};
  }
  if (!subscription->second.filter) {
    return {refuse(response_code::kFilterDataNotExist,
                   "The broker's consumer filter data is not exist!Your expression may be wrong!"),
            {}};
  }
  return {{}, subscription->second.filter};
}

bool PullMessage::answer_reset(const PullQuery& query, const PullReply& reply) {
  const auto target = shared_.offsets.take_reset(query.group, query.queue);
  if (!target || *target == query.from) return false;
  PullResult result;
  result.status = PullStatus::offset_reset;
  result.next = *target;
  result.min = shared_.store.min_offset(query.queue);
  result.max = shared_.store.max_offset(query.queue);
  answer_pull(reply, result, query.from, {});
  return true;
}

void PullMessage::operator()(const Request& request, const Caller&, const PullReply& reply) {
  if (auto refused = check(request); refused.code != response_code::kSuccess) return reply(refused);
  auto subscribed = subscription_of(request);
  if (subscribed.refused.code != response_code::kSuccess) return reply(subscribed.refused);

  PullQuery query;
  query.group = request.consumer_group;
  query.queue = {request.topic, request.queue};
  query.from = QueueOffset{request.queue_offset};
  query.count_max = request.max_count > 0 ? static_cast<std::size_t>(request.max_count) : 1;
  if (request.max_bytes && *request.max_bytes > 0) {
    query.bytes_max = std::min(query.bytes_max, static_cast<std::size_t>(*request.max_bytes));
  }
  query.filter = std::move(subscribed.filter);
  if (answer_reset(query, reply)) return;
  if ((request.sys_flag & pull_flag::kCommitOffset) != 0 && request.commit_offset >= 0) {
    shared_.offsets.commit(query.group, query.queue, QueueOffset{request.commit_offset});
  }

  records_.clear();
  const auto asked = query.from;
  const auto result = shared_.reader.read(query, records_);
  const bool may_wait = (request.sys_flag & pull_flag::kSuspend) != 0 && request.suspend_ms > 0;
  if (may_wait && code_of(result, asked) == response_code::kPullNotFound) {
    const std::chrono::milliseconds hold{std::min(request.suspend_ms, kHoldMaxMs)};
    const auto deadline = std::chrono::steady_clock::now() + hold;
    if (shared_.polls.hold(query, asked, deadline, reply)) return;
  }
  answer_pull(reply, result, asked, records_);
  served_(query, result, records_.size());
}

}  // namespace mq::broker
