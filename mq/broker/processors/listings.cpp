#include "mq/broker/processors/listings.hpp"

#include <chrono>
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

Answer<> AllProducers::operator()(const Request&, const Caller&) {
  protocol::ProducerTableInfo body;
  const auto now = ClientRegistry::Now::clock::now();
  const auto now_ms = base::to_millis(clock_.now());
  clients_.each_producer([&](const std::string& group, const Client& client, ClientRegistry::Now seen) {
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen).count();
    body.producers[group].push_back(
        {client.id, client.language, now_ms - ago, "/" + to_string(client.remote), client.version});
  });
  return with_body(body);
}

Answer<> SubscriptionOfGroup::operator()(const Request& request, const Caller&) {
  protocol::QuerySubscriptionBody body;
  body.group = request.group;
  body.topic = request.topic;
  const auto* group = clients_.find_consumers(request.group);
  if (group != nullptr) {
    const auto found = group->subscriptions.find(request.topic);
    if (found != group->subscriptions.end()) body.subscription = found->second.data;
  }
  return with_body(body);
}

Answer<> SystemTopics::operator()(const Request&, const Caller&) {
  protocol::TopicList body;
  for (const auto& [name, topic] : topics_.durable()) {
    if (topics_.is_system(name)) body.topics.emplace_back(name);
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
