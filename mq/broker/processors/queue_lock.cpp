#include "mq/broker/processors/queue_lock.hpp"

#include <chrono>

namespace mq::broker {

// A queue of another broker cannot be locked here; an empty name is taken as ours.
Answer<> LockQueues::operator()(const Request& request, const Caller&) {
  const auto& body = request.body;
  const auto now = std::chrono::steady_clock::now();
  protocol::LockBatchResponse response;
  for (const auto& queue : body.queues) {
    if (!queue.broker.empty() && queue.broker != broker_) continue;
    if (locks_.lock(body.consumer_group, {queue.topic, queue.queue}, body.client_id, now)) {
      response.locked.push_back(queue);
    }
  }
  return with_body(response);
}

Answer<> UnlockQueues::operator()(const Request& request, const Caller&) {
  const auto& body = request.body;
  for (const auto& queue : body.queues) {
    locks_.unlock(body.consumer_group, {queue.topic, queue.queue}, body.client_id);
  }
  return done();
}

}  // namespace mq::broker
