#include "mq/broker/processors/listings.hpp"

#include <set>
#include <string>

#include "mq/protocol/bodies_admin.hpp"
#include "mq/protocol/bodies_route.hpp"

namespace mq::broker {
namespace {
protocol::Connection connection_of(const Client& client) {
  return {to_string(client.remote), client.id, client.language, client.version};
}
}  // namespace

Answer<> ConsumerConnections::operator()(const Request& request, const Caller&) {
  const auto* group = clients_.find_consumers(request.consumer_group);
  if (group == nullptr) {
    return refuse(response_code::kConsumerNotOnline,
                  "the consumer group[" + request.consumer_group + "] not online");
  }
  protocol::ConsumerConnection body;
  for (const auto& [key, member] : group->members) body.connections.push_back(connection_of(member.client));
  body.from_where = group->from_where;
  body.type = group->type;
  body.model = group->model;
  for (const auto& [topic, subscription] : group->subscriptions) {
    body.subscriptions.emplace(topic, subscription.data);
  }
  return with_body(body);
}

Answer<> ProducerConnections::operator()(const Request& request, const Caller&) {
  protocol::ProducerConnection body;
  for (const auto& client : clients_.producers_of(request.producer_group)) {
    body.connections.push_back(connection_of(client));
  }
  if (body.connections.empty()) {
    return refuse(response_code::kSystemError,
                  "the producer group[" + request.producer_group + "] not exist");
  }
  return with_body(body);
}

Answer<> GroupsOfTopic::operator()(const Request& request, const Caller&) {
  std::set<std::string> groups;
  for (auto& group : clients_.groups_subscribing(request.topic)) groups.insert(std::move(group));
  for (auto& group : offsets_.groups_of(request.topic)) groups.insert(std::move(group));
  return with_body(protocol::GroupList{{groups.begin(), groups.end()}});
}

Answer<> TopicsOfGroup::operator()(const Request& request, const Caller&) {
  std::set<std::string> topics;
  for (auto& topic : offsets_.topics_of(request.group)) topics.insert(std::move(topic));
  if (const auto* group = clients_.find_consumers(request.group)) {
    for (const auto& [topic, subscription] : group->subscriptions) topics.insert(topic);
  }
  protocol::TopicList body;
  body.topics.assign(topics.begin(), topics.end());
  return with_body(body);
}

}  // namespace mq::broker
