#include "mq/apps/reset.hpp"

#include <utility>

namespace mq::apps {

StaysConnected::StaysConnected(BrokerState& old) : clients_(std::move(old.clients)) {
  for (const auto& [name, group] : clients_.consumers()) {
    const auto* const config = old.groups.find(name);
    if (group.members.empty() || config == nullptr) continue;
    groups_.push_back(*config);
    const auto keep = [&](std::string_view topic) {
      if (const auto* const found = old.topics.find(topic)) topics_.push_back(*found);
    };
    keep(retry_topic(name));
    for (const auto& [topic, subscription] : group.subscriptions) keep(topic);
  }
}

base::Result<> StaysConnected::move_into(BrokerState& fresh) {
  fresh.clients = std::move(clients_);
  for (auto& group : groups_) {
    if (const auto stored = fresh.groups.put(std::move(group)); !stored) return stored.error();
  }
  for (auto& topic : topics_) {
    if (fresh.topics.find(topic.topic) != nullptr) continue;
    if (const auto stored = fresh.topics.put(std::move(topic)); !stored) return stored.error();
  }
  return {};
}

}  // namespace mq::apps
