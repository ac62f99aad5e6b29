#include "mq/broker/processors/consumer_offset.hpp"

namespace mq::broker {

Answer<protocol::QueryConsumerOffsetResponse> QueryConsumerOffset::operator()(const Request& request,
                                                                              const Caller&) {
  const QueueId queue{request.topic, request.queue};
  if (const auto offset = offsets_.find(request.consumer_group, queue)) return Response{offset->value()};
  const bool zero_allowed = request.set_zero_if_not_found.value_or(true);
  const auto first = store_.first_offset(queue);
  const bool first_exists = store_.min_offset(queue) == first && store_.max_offset(queue) > first;
  if (zero_allowed && first_exists) return Response{first.value()};
  return refuse(response_code::kQueryNotFound, "Not found, maybe this group consumer boot first");
}

Answer<> UpdateConsumerOffset::operator()(const Request& request, const Caller&) {
  if (groups_.find(request.consumer_group) == nullptr) {
    return refuse(response_code::kSubscriptionGroupNotExist,
                  "Group " + request.consumer_group + " not exist!");
  }
  if (topics_.find(request.topic) == nullptr) {
    return refuse(response_code::kTopicNotExist, "topic[" + request.topic + "] not exist");
  }
  if (request.queue < 0 || request.commit_offset < 0) {
    return refuse(response_code::kSystemError, "queue and offset must not be negative");
  }
  const QueueId queue{request.topic, request.queue};
  if (offsets_.commit(request.consumer_group, queue, QueueOffset{request.commit_offset})) return done();
  Answer<> overheard = done();
  overheard.verdict.remark = "Offset has been previously reset";
  return overheard;
}

}  // namespace mq::broker
