#include "mq/broker/processors/consume_stats.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

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

void BrokerConsumeStats::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  struct Unit {
    std::string group;
    QueueId queue;
  };
  std::vector<Unit> units;
  for (const auto& [name, config] : groups_.durable()) {
    protocol::GetConsumeStatsRequest of_group;
    of_group.consumer_group = name;
    for (auto& queue : of_one_.queues_of(of_group)) {
      const auto* topic = of_one_.shared_.topics.find_durable(queue.topic);
      if (!request.order || (topic != nullptr && topic->order)) {
        units.push_back({std::string(name), std::move(queue)});
      }
    }
  }
  using Topics = std::map<std::string, std::vector<protocol::ConsumeStats>>;
  of_one_.shared_.slices.add([this, reply, units = std::move(units), done_units = std::size_t{0},
                              body = protocol::ConsumeStatsList{}](Slices::Now until) mutable {
    while (done_units < units.size()) {
      const auto& [group, queue] = units[done_units];
      const auto* before = done_units > 0 ? &units[done_units - 1] : nullptr;
      ++done_units;
      const bool new_group = before == nullptr || before->group != group;
      if (new_group) body.stats.push_back(Topics{{group, {}}});
      auto& topics = body.stats.back().at(group);
      if (new_group || before->queue.topic != queue.topic) topics.emplace_back();
      const auto position = of_one_.position(group, queue);
      body.total_diff += position.broker_offset - position.consumer_offset;
      body.total_inflight_diff += position.pull_offset - position.consumer_offset;
      topics.back().offsets.emplace(MessageQueue{queue.topic, of_one_.broker_, queue.queue}, position);
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    body.broker_address = address_;
    reply(with_body(body));
    return true;
  });
}

}  // namespace mq::broker
