#include "mq/broker/processors/consume_stats.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "mq/broker/store_time.hpp"

namespace mq::broker {

std::vector<QueueId> ConsumeStats::queues_of(const Request& request) const {
  const auto* online = shared_.clients.find_consumers(request.consumer_group);
  std::set<std::string> names;
  if (!request.topic.empty()) {
    names.insert(request.topic);
  } else {
    for (auto& topic : shared_.offsets.topics_of(request.consumer_group)) names.insert(std::move(topic));
    if (online != nullptr) {
      for (const auto& [topic, subscription] : online->subscriptions) names.insert(topic);
    }
  }
  std::vector<QueueId> queues;
  for (const auto& name : names) {
    const auto* topic = shared_.topics.find_durable(name);
    if (topic == nullptr) continue;
    if (request.topic.empty() && online != nullptr && !online->subscriptions.contains(name)) continue;
    for (std::int32_t queue = 0; queue < topic->read_queues; ++queue) queues.push_back({name, queue});
  }
  return queues;
}

protocol::ConsumeOffset ConsumeStats::position(const std::string& group, const QueueId& queue) const {
  protocol::ConsumeOffset position;
  const auto consumed = shared_.offsets.find(group, queue).value_or(QueueOffset{0});
  const auto pulled = shared_.offsets.find_pulled(group, queue).value_or(consumed);
  position.broker_offset = shared_.store.max_offset(queue).value();
  position.consumer_offset = consumed.value();
  position.pull_offset = std::max(consumed, pulled).value();
  position.last_ms = store_time_of(shared_.store, queue, QueueOffset{consumed.value() - 1}).value_or(0);
  return position;
}

void ConsumeStats::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  shared_.slices.add([this, reply, group = request.consumer_group, queues = queues_of(request),
                      done_queues = std::size_t{0},
                      stats = protocol::ConsumeStats{}](Slices::Now until) mutable {
    while (done_queues < queues.size()) {
      const auto& queue = queues[done_queues++];
      stats.offsets.emplace(MessageQueue{queue.topic, broker_, queue.queue}, position(group, queue));
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    reply(with_body(stats));
    return true;
  });
}

}  // namespace mq::broker
