#include "mq/broker/processors/query_assignment.hpp"

#include <algorithm>
#include <vector>

namespace mq::broker {
namespace {

// The same arithmetic as the clients': the first `count % members` get one queue more.
std::vector<std::int32_t> average(std::int32_t count, std::int32_t members, std::int32_t index) {
  std::vector<std::int32_t> mine;
  const auto share = count / members;
  const auto rest = count % members;
  const auto begin = index * share + std::min(index, rest);
  const auto end = begin + share + (index < rest ? 1 : 0);
  for (auto queue = begin; queue < end; ++queue) mine.push_back(queue);
  return mine;
}

std::vector<std::int32_t> by_circle(std::int32_t count, std::int32_t members, std::int32_t index) {
  std::vector<std::int32_t> mine;
  for (auto queue = index; queue < count; queue += members) mine.push_back(queue);
  return mine;
}

}  // namespace

Answer<> QueryAssignment::operator()(const Request& request, const Caller&) {
  const auto& ask = request.body;
  const auto* topic = topics_.find_durable(ask.topic);
  if (topic == nullptr) return refuse(response_code::kTopicNotExist, "topic[" + ask.topic + "] not exist");
  std::vector<std::int32_t> mine;
  if (ask.model == protocol::MessageModel::broadcasting) {
    mine = average(topic->read_queues, 1, 0);
  } else {
    const auto ids = clients_.client_ids(ask.consumer_group);
    const auto self = std::ranges::find(ids, ask.client_id);
    if (self == ids.end()) {
      return refuse(response_code::kSystemError,
                    "the client [" + ask.client_id + "] is not a member of group " + ask.consumer_group);
    }
    const auto members = static_cast<std::int32_t>(ids.size());
    const auto index = static_cast<std::int32_t>(self - ids.begin());
    if (ask.strategy == "AVG" || ask.strategy.empty()) {
      mine = average(topic->read_queues, members, index);
    } else if (ask.strategy == "AVG_BY_CIRCLE") {
      mine = by_circle(topic->read_queues, members, index);
    } else {
      return refuse(response_code::kSystemError, "unknown allocation strategy " + ask.strategy);
    }
  }
  protocol::QueryAssignmentResponse response;
  for (const auto queue : mine) {
    protocol::QueueAssignment assignment;
    assignment.queue = {ask.topic, broker_, queue};
    response.assignments.push_back(std::move(assignment));
  }
  return with_body(response);
}

}  // namespace mq::broker
