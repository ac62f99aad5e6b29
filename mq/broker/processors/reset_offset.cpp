#include "mq/broker/processors/reset_offset.hpp"

#include <map>
#include <utility>
#include <vector>

#include "mq/protocol/bodies_admin.hpp"

namespace mq::broker {

base::Result<QueueOffset> ResetOffset::target(const Request& request, const QueueId& queue) const {
  if (request.offset && request.queue) return QueueOffset{*request.offset};
  if (request.timestamp < 0) return shared_.store.max_offset(queue);
  return shared_.store.offset_by_time(queue, request.timestamp, storage::MessageStore::Boundary::lower);
}

void ResetOffset::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto* topic = shared_.topics.find(request.topic);
  if (topic == nullptr) {
    return reply(refuse(response_code::kTopicNotExist, "topic[" + request.topic + "] not exist"));
  }
  if (shared_.groups.find(request.group) == nullptr) {
    return reply(
        refuse(response_code::kSubscriptionGroupNotExist, "Group " + request.group + " does not exist"));
  }
  auto only = request;
  if (only.queue && *only.queue < 0) only.queue.reset();  // tools say -1 for "all"
  if (only.queue && *only.queue >= topic->read_queues) {
    return reply(refuse(response_code::kSystemError, "topic[" + request.topic + "] has " +
                                                         std::to_string(topic->read_queues) + " queues"));
  }
  std::vector<std::pair<QueueId, QueueOffset>> targets;
  const auto first = only.queue.value_or(0);
  const auto end = only.queue ? first + 1 : topic->read_queues;
  for (auto number = first; number < end; ++number) {
    const QueueId queue{request.topic, number};
    const auto offset = target(only, queue);
    if (!offset) {
      return reply(
          refuse(response_code::kSystemError,
                 "queue " + std::to_string(number) + " cannot be searched: " + offset.error().message()));
    }
    const auto least = shared_.store.min_offset(queue), most = shared_.store.max_offset(queue);
    if (*offset < least || *offset > most) {
      return reply(refuse(response_code::kSystemError,
                          "the offset " + std::to_string(offset->value()) + " of queue " +
                              std::to_string(number) + " must lie between " + std::to_string(least.value()) +
                              " and " + std::to_string(most.value())));
    }
    targets.emplace_back(queue, *offset);
  }
  protocol::ResetOffsetBody body;
  for (const auto& [queue, offset] : targets) {
    shared_.offsets.reset(request.group, queue, offset);
    shared_.polls.wake(queue, request.group);
    body.offsets[{queue.topic, broker_, queue.queue}] = offset.value();
  }
  const auto stored = shared_.offsets.flush_all();
  if (!stored) return reply(cannot_store(stored.error()));
  shared_.waits.when_durable(*stored, [reply, body] { reply(with_body(body)); });
}

// Topics that the destination consumes right now are left alone unless the tool insists.
void CloneOffsets::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto* online = request.offline ? nullptr : shared_.clients.find_consumers(request.to_group);
  std::vector<std::pair<QueueId, QueueOffset>> found;
  shared_.offsets.each([&](const std::string& group, const QueueId& queue, QueueOffset offset) {
    if (group != request.from_group || (!request.topic.empty() && request.topic != queue.topic)) return;
    const bool busy = online != nullptr && online->subscriptions.contains(queue.topic);
    if (!busy && shared_.topics.find(queue.topic) != nullptr) found.emplace_back(queue, offset);
  });
  for (const auto& [queue, offset] : found) shared_.offsets.commit(request.to_group, queue, offset);
  const auto stored = shared_.offsets.flush_all();
  if (!stored) return reply(cannot_store(stored.error()));
  shared_.waits.when_durable(*stored, [reply] { reply(done()); });
}

}  // namespace mq::broker
