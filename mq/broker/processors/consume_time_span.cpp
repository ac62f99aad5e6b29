#include "mq/broker/processors/consume_time_span.hpp"

#include <chrono>

#include "mq/broker/store_time.hpp"

namespace mq::broker {

protocol::QueueTimeSpan ConsumeTimeSpan::span(const std::string& group, const QueueId& queue) const {
  const auto& store = shared_.store;
  const auto end = store.max_offset(queue);
  const auto consumed = shared_.offsets.find(group, queue).value_or(QueueOffset{0});
  protocol::QueueTimeSpan span;
  span.queue = {queue.topic, broker_, queue.queue};
  span.min_ms = store_time_of(store, queue, store.min_offset(queue)).value_or(-1);
  span.max_ms = store_time_of(store, queue, QueueOffset{end.value() - 1}).value_or(-1);
  span.consume_ms = consumed > QueueOffset{0}
                        ? store_time_of(store, queue, QueueOffset{consumed.value() - 1}).value_or(-1)
                        : span.min_ms;
  if (consumed < end) {
    const auto now_ms = base::to_millis(shared_.clock.now());
    span.delay_ms = now_ms - store_time_of(store, queue, consumed).value_or(now_ms);
  }
  return span;
}

void ConsumeTimeSpan::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  const auto* topic = shared_.topics.find(request.topic);
  if (topic == nullptr) {
    return reply(refuse(response_code::kTopicNotExist, "topic[" + request.topic + "] not exist"));
  }
  shared_.slices.add([this, reply, request, queues = topic->write_queues, next = 0,
                      body = protocol::ConsumeTimeSpans{}](Slices::Now until) mutable {
    while (next < queues) {
      body.spans.push_back(span(request.group, {request.topic, next++}));
      if (std::chrono::steady_clock::now() >= until) return false;
    }
    reply(with_body(body));
    return true;
  });
}

}  // namespace mq::broker
