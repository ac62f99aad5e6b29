#include "mq/broker/client_registry.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mq::broker {

// A topic's subscription is replaced only by a newer version, so that two members that start at different
// times with the same code do not fight.
bool ClientRegistry::update_subscriptions(ConsumerGroup& group, const protocol::ConsumerData& data) {
  bool changed = false;
  std::set<std::string_view> named;
  for (const auto& subscription : data.subscriptions) {
    named.insert(subscription.topic);
    auto found = group.subscriptions.find(subscription.topic);
    if (found == group.subscriptions.end()) {
      found = group.subscriptions.emplace(subscription.topic, Subscription{}).first;
      changed = true;
    } else if (subscription.version <= found->second.data.version) {
      continue;
    }
    auto parsed = parse_filter(subscription.expression_type, subscription.expression);
    found->second = {subscription, std::move(parsed.filter)};
  }
  changed |=
      std::erase_if(group.subscriptions, [&](const auto& row) { return !named.contains(row.first); }) > 0;
  return changed;
}

void ClientRegistry::notify_members(const std::string& name, const ConsumerGroup& group) const {
  if (group.model == protocol::MessageModel::broadcasting) return;
  for (const auto& [connection, member] : group.members) notify_(connection, name);
}

void ClientRegistry::register_consumer(const protocol::ConsumerData& data, Client client,
                                       Subscriptions subscriptions, Notice notice, Now now) {
  auto found = consumers_.find(data.group);
  if (found == consumers_.end()) found = consumers_.emplace(data.group, ConsumerGroup{}).first;
  auto& group = found->second;
  group.type = data.type;
  group.model = data.model;
  group.from_where = data.from_where;
  const auto connection = client.connection;
  const bool joined = !group.members.contains(connection);
  group.members[connection] = {std::move(client), now};
  const bool changed = subscriptions == Subscriptions::replace && update_subscriptions(group, data);
  if ((joined || changed) && notice == Notice::send) notify_members(found->first, group);
}

void ClientRegistry::register_producer(const std::string& group, Client client, Now now) {
  const auto connection = client.connection;
  producer_ids_.insert_or_assign(client.id, connection);
  producers_[group][connection] = {std::move(client), now};
}

void ClientRegistry::forget_producer(const Client& client) {
  const auto found = producer_ids_.find(client.id);
  if (found != producer_ids_.end() && found->second == client.connection) producer_ids_.erase(found);
}

std::optional<net::ConnectionKey> ClientRegistry::find_producer(std::string_view client_id) const {
  const auto found = producer_ids_.find(client_id);
  if (found == producer_ids_.end()) return std::nullopt;
  return found->second;
}

bool ClientRegistry::note_fingerprint(std::string_view group, std::int32_t fingerprint,
                                      Subscriptions subscriptions) {
  const auto found = consumers_.find(group);
  if (found == consumers_.end()) return true;
  const auto before = found->second.fingerprint;
  // Kept only with what it stands for: the next member that leaves that out must not be believed either.
  if (subscriptions == Subscriptions::keep) return before != fingerprint;
  found->second.fingerprint = fingerprint;
  return before && *before != fingerprint;
}

void ClientRegistry::unregister_consumer(std::string_view group, net::ConnectionKey connection,
                                         Notice notice) {
  const auto found = consumers_.find(group);
  if (found == consumers_.end() || found->second.members.erase(connection) == 0) return;
  if (notice == Notice::send) notify_members(found->first, found->second);
  if (found->second.members.empty()) consumers_.erase(found);
}

void ClientRegistry::unregister_producer(std::string_view group, net::ConnectionKey connection) {
  const auto found = producers_.find(group);
  if (found == producers_.end()) return;
  const auto producer = found->second.extract(connection);
  const auto here = [connection](const auto& group) { return group.second.contains(connection); };
  if (producer && std::ranges::none_of(producers_, here)) forget_producer(producer.mapped().client);
  if (found->second.empty()) producers_.erase(found);
}

template <class Gone>
void ClientRegistry::remove_members(Gone gone) {
  for (auto group = consumers_.begin(); group != consumers_.end();) {
    auto& members = group->second.members;
    const auto removed =
        std::erase_if(members, [&](const auto& row) { return gone(row.first, row.second.seen); });
    if (removed > 0) notify_members(group->first, group->second);
    group = members.empty() ? consumers_.erase(group) : std::next(group);
  }
  for (auto group = producers_.begin(); group != producers_.end();) {
    std::erase_if(group->second, [&](const auto& row) {
      const bool leaves = gone(row.first, row.second.seen);
      if (leaves) forget_producer(row.second.client);
      return leaves;
    });
    group = group->second.empty() ? producers_.erase(group) : std::next(group);
  }
}

void ClientRegistry::closed(net::ConnectionKey connection) {
  remove_members([&](net::ConnectionKey member, Now) { return member == connection; });
}

void ClientRegistry::expire(Now now) {
  remove_members([&](net::ConnectionKey, Now seen) { return now - seen > kExpiry; });
}

const ConsumerGroup* ClientRegistry::find_consumers(std::string_view group) const {
  const auto found = consumers_.find(group);
  return found == consumers_.end() ? nullptr : &found->second;
}

std::vector<Client> ClientRegistry::producers_of(std::string_view group) const {
  std::vector<Client> clients;
  const auto found = producers_.find(group);
  if (found == producers_.end()) return clients;
  for (const auto& [connection, producer] : found->second) clients.push_back(producer.client);
  return clients;
}

std::vector<std::string> ClientRegistry::client_ids(std::string_view group) const {
  std::vector<std::string> ids;
  const auto* found = find_consumers(group);
  if (found == nullptr) return ids;
  for (const auto& [connection, member] : found->members) ids.push_back(member.client.id);
  std::ranges::sort(ids);
  // A client that came back before its old connection was seen to be dead: a share of the queues for each
  // would leave one share to nobody.
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return ids;
}

std::vector<std::string> ClientRegistry::groups_subscribing(std::string_view topic) const {
  std::vector<std::string> groups;
  for (const auto& [name, group] : consumers_) {
    if (group.subscriptions.contains(topic)) groups.push_back(name);
  }
  std::ranges::sort(groups);
  return groups;
}

std::optional<ClientRegistry::ProducerAt> ClientRegistry::next_producer(std::string_view group,
                                                                        net::ConnectionKey connection) const {
  auto row = producers_.lower_bound(group);
  if (row == producers_.end()) return std::nullopt;
  auto producer = row->first == group ? row->second.upper_bound(connection) : row->second.begin();
  if (producer == row->second.end()) {
    if (++row == producers_.end()) return std::nullopt;
    producer = row->second.begin();
  }
  return ProducerAt{row->first, producer->second.client};
}

}  // namespace mq::broker
