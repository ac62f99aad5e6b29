#include "mq/broker/processors/query_consume_queue.hpp"

#include <algorithm>
#include <string>

#include "mq/protocol/bodies_admin.hpp"

namespace mq::broker {

Answer<> QueryConsumeQueue::operator()(const Request& request, const Caller&) {
  const QueueId queue{request.topic, request.queue};
  const auto place = std::to_string(request.queue) + "@" + request.topic;
  protocol::QueryConsumeQueueBody body;
  body.max_index = store_.max_offset(queue).value();
  body.min_index = store_.min_offset(queue).value();
  // Upstream makes a queue with its first message.
  if (body.max_index == 0) return refuse(response_code::kSystemError, place + " is not exist!");
  if (request.consumer_group) {
    const auto* group = clients_.find_consumers(*request.consumer_group);
    if (group != nullptr) {
      const auto found = group->subscriptions.find(request.topic);
      if (found != group->subscriptions.end()) body.subscription = found->second.data;
    }
    // Bit maps of filters, of which nothing is kept here, would stand behind the first.
    body.filter_data =
        body.subscription ? "null" : *request.consumer_group + "@" + request.topic + " is not online!";
  }
  if (request.index < body.min_index || request.index >= body.max_index) {
    return refuse(response_code::kSuccess,
                  "Index " + std::to_string(request.index) + " of " + place + " is not exist!");
  }
  const auto count = static_cast<std::size_t>(std::clamp(request.count, 0, kCountMax));
  const auto entries = store_.entries(queue, QueueOffset{request.index}, count);
  if (!entries) {
    return refuse(response_code::kSystemError, "the queue cannot be read: " + entries.error().message());
  }
  for (const auto& entry : *entries) {
    body.entries.push_back({.log_offset = entry.at.value(), .size = entry.size, .tag_hash = entry.tag_hash});
  }
  return with_body(body);
}

}  // namespace mq::broker
