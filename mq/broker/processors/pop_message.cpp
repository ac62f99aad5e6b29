#include "mq/broker/processors/pop_message.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mq::broker {
namespace {

using std::chrono::milliseconds;

// No client waits longer for the answer, and nobody keeps a message for longer.
constexpr std::int64_t kHoldMaxMs = 30'000;
constexpr std::int64_t kInvisibleMaxMs = std::int64_t{30} * 24 * 3600 * 1000;
// A request this much older than the time it may wait has been given up by its client.
constexpr std::int64_t kTooLateMs = 500;

struct Asked {
  const std::string& topic;
  const std::string& group;
  std::int32_t queue;
};

// In the order of a genuine broker.
Verdict check(const PopShared& shared, const Asked& asked) {
  const auto* topic = shared.topics.find(asked.topic);
  if (topic == nullptr) {
    return refuse(response_code::kTopicNotExist, "topic[" + asked.topic + "] not exist, apply first please!");
  }
  if ((topic->perm & perm::kRead) == 0) {
    return refuse(response_code::kNoPermission,
                  "the topic[" + asked.topic + "] peeking message is forbidden");
  }
  if (asked.queue >= topic->read_queues) {
    return refuse(response_code::kInvalidParameter,
                  "queueId[" + std::to_string(asked.queue) + "] is illegal, topic:[" + asked.topic +
                      "] topicConfig.readQueueNums:[" + std::to_string(topic->read_queues) + "]");
  }
  const auto known = shared.groups.find_or_create(asked.group);
  if (known.group == nullptr) return known.refused;
  if (!known.group->consume_enable) {
    return refuse(response_code::kNoPermission, "subscription group no permission, " + asked.group);
  }
  if (shared.groups.is_forbidden(asked.group, asked.topic)) {
    return refuse(response_code::kNoPermission,
                  "the consumer group[" + asked.group + "] is forbidden for topic[" + asked.topic + "]");
  }
  if (!is_valid_topic(pop_retry_topic(asked.group, asked.topic))) {
    return refuse(response_code::kInvalidParameter,
                  "the names of group and topic are too long together: their retry topic could not be made");
  }
  return {};
}

// How long a request may still wait. The client's clock may be wrong by any amount.
milliseconds hold_for(std::int64_t poll_ms, std::int64_t born_ms, std::int64_t now_ms) {
  const auto poll = std::clamp(poll_ms, std::int64_t{0}, kHoldMaxMs);
  if (born_ms <= 0 || born_ms > now_ms) return milliseconds{poll};
  return milliseconds{std::max<std::int64_t>(0, poll - std::min(now_ms - born_ms, poll))};
}

Popped nothing_at(std::int64_t now_ms) {
  Popped nothing;
  nothing.pop_ms = now_ms;
  return nothing;
}

bool too_late(std::int64_t poll_ms, std::int64_t born_ms, std::int64_t now_ms) {
  return born_ms > 0 && poll_ms >= 0 && now_ms > born_ms && now_ms - born_ms > poll_ms + kTooLateMs;
}

}  // namespace

void PopMessage::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto now_ms = shared_.ledger.now_ms();
  PopQuery query;
  query.group = request.consumer_group;
  query.topic = request.topic;
  query.queue = std::max(request.queue, -1);
  query.count_max = static_cast<std::size_t>(std::max(request.max_count, 1));
  query.invisible_ms = std::clamp(request.invisible_ms, std::int64_t{0}, kInvisibleMaxMs);
  query.from_end = request.init_mode != 0;
  query.in_order = request.order;
  query.attempt = request.attempt_id;
  if (too_late(request.poll_ms, request.born_ms, now_ms)) {
    return answer(query, nothing_at(now_ms), response_code::kPollingTimeout, reply);
  }
  if (query.count_max > Popper::kCountMax) {
    return reply(refuse(response_code::kInvalidParameter, "the pop message's num is greater than 32"));
  }
  auto refused = check(shared_, {request.topic, request.consumer_group, request.queue});
  if (refused.code != response_code::kSuccess) return reply(refused);
  if (!request.expression.empty()) {
    auto parsed = parse_filter(request.expression_type, request.expression);
    if (!parsed.filter) {
      return reply(refuse(response_code::kSubscriptionParseFailed,
                          "parse the consumer's subscription failed: " + parsed.problem));
    }
    query.filter = std::move(parsed.filter);
  }
  const auto hold = hold_for(request.poll_ms, request.born_ms, now_ms);
  const auto tried = try_now(query, reply, hold == milliseconds{0});
  if (tried != PopWaiters::Tried::waits && tried != PopWaiters::Tried::looks_on) return;
  PopWaiters::Place place{query.group, query.topic, query.queue};
  const bool held =
      shared_.pops.hold(place, std::chrono::steady_clock::now() + hold, reply.connection(),
                        [this, query, reply](bool last) { return try_now(query, reply, last); });
  if (!held) return answer(query, nothing_at(now_ms), response_code::kPollingFull, reply);
  if (tried == PopWaiters::Tried::looks_on) shared_.pops.wake(query.group, {query.topic, query.queue});
}

PopWaiters::Tried PopMessage::try_now(const PopQuery& query, const ReplyTo<Response>& reply, bool last) {
  records_.clear();
  const auto popped = shared_.popper.pop(query, records_);
  if (popped.count > 0) {
    answer(query, popped, response_code::kSuccess, reply);
    return popped.rest > 0 ? PopWaiters::Tried::answered_saw_more : PopWaiters::Tried::answered;
  }
  if (popped.unreadable) {
    reply(refuse(response_code::kSystemError,
                 "a message of topic[" + query.topic + "] cannot be read; the broker's log names it"));
    return PopWaiters::Tried::answered;
  }
  if (!last) return popped.looks_on ? PopWaiters::Tried::looks_on : PopWaiters::Tried::waits;
  answer(query, popped, response_code::kPollingTimeout, reply);
  return PopWaiters::Tried::answered;
}

void PopMessage::answer(const PopQuery& query, const Popped& popped, std::int32_t code,
                        const ReplyTo<Response>& reply) const {
  Response header;
  header.pop_ms = popped.pop_ms;
  header.invisible_ms = query.invisible_ms;
  header.revive_queue = query.in_order ? kPopOrderReviveQueue : 0;
  header.rest = popped.rest;
  header.start_offsets = popped.start_offsets;
  header.message_offsets = popped.message_offsets;
  header.order_counts = popped.order_counts;
  const bool found = code == response_code::kSuccess;
  reply(Verdict{code, found ? "FOUND" : "NO_MESSAGE_IN_QUEUE"}, header,
        found ? base::BytesView(records_) : base::BytesView());
}

void PeekMessage::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto refused = check(shared_, {request.topic, request.consumer_group, request.queue});
  if (refused.code != response_code::kSuccess) return reply(refused);
  PopQuery query;
  query.group = request.consumer_group;
  query.topic = request.topic;
  query.queue = std::max(request.queue, -1);
  query.count_max =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(request.max_count, 1)), 1, Popper::kCountMax);
  base::Bytes records;
  const auto peeked = shared_.popper.peek(query, records);
  Response header;
  header.rest = peeked.rest;
  const bool found = peeked.count > 0;
  reply(Verdict{found ? response_code::kSuccess : response_code::kPullNotFound,
                found ? "FOUND" : "NO_MESSAGE_IN_QUEUE"},
        header, records);
}

void Notification::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto refused = check(shared_, {request.topic, request.consumer_group, request.queue});
  if (refused.code != response_code::kSuccess) return reply(refused);
  PopQuery query;
  query.group = request.consumer_group;
  query.topic = request.topic;
  query.queue = std::max(request.queue, -1);
  query.in_order = request.order;
  query.attempt = request.attempt_id;
  const auto hold = hold_for(request.poll_ms, request.born_ms, shared_.ledger.now_ms());
  const auto try_now = [this, query, reply](bool last) {
    const bool found = shared_.popper.has_messages(query);
    if (!found && !last) return PopWaiters::Tried::waits;
    reply(Response{.has_messages = found});
    return PopWaiters::Tried::answered_saw_more;  // others may hear of it too
  };
  if (try_now(hold == milliseconds{0}) != PopWaiters::Tried::waits) return;
  const bool held =
      shared_.notifications.hold({query.group, query.topic, query.queue},
                                 std::chrono::steady_clock::now() + hold, reply.connection(), try_now);
  if (!held) reply(Response{.polling_full = true});
}

Answer<PollingInfo::Response> PollingInfo::operator()(const Request& request, const Caller&) {
  auto refused = check(shared_, {request.topic, request.consumer_group, request.queue});
  if (refused.code != response_code::kSuccess) return refused;
  const auto waiting =
      shared_.pops.waiting(request.consumer_group, request.topic, std::max(request.queue, -1));
  return Response{static_cast<std::int32_t>(waiting)};
}

}  // namespace mq::broker
