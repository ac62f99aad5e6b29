#include "mq/broker/processors/topic_stats.hpp"

#include <algorithm>
#include <chrono>

#include "mq/broker/piecewise_body.hpp"
#include "mq/broker/store_time.hpp"
#include "mq/protocol/bodies_admin.hpp"

namespace mq::broker {

void TopicStats::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto* topic = topics_.find_durable(request.topic);
  if (topic == nullptr) {
    return reply(refuse(response_code::kTopicNotExist, "topic[" + request.topic + "] not exist"));
  }
  const auto count = std::max(topic->read_queues, topic->write_queues);
  slices_.add([this, reply, name = request.topic, count, queue = std::int32_t{0},
               text = PiecewiseBody<protocol::TopicStatsTable>("offsetTable")](Slices::Now until) mutable {
    while (queue < count) {
      const QueueId id{name, queue};
      protocol::TopicOffset offset;
      offset.min_offset = store_.min_offset(id).value();
      offset.max_offset = store_.max_offset(id).value();
      offset.last_update_ms = store_time_of(store_, id, QueueOffset{offset.max_offset - 1}).value_or(0);
      protocol::TopicStatsTable one;
      one.offsets.emplace(MessageQueue{name, broker_, queue}, offset);
      text.add(one);
      ++queue;
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    protocol::TopicStatsTable rest;
    rest.put_tps = stats_.topic_put_tps(name);
    reply(Answer<>(NoHeader{}, text.text(rest)));
    return true;
  });
}

}  // namespace mq::broker
