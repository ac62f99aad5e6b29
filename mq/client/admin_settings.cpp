// Admin: topics and groups as they are set.
#include <algorithm>

#include "mq/client/admin_requests.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace response = protocol::response_code;

asio::awaitable<std::vector<TopicOnBroker>> Admin::topic_settings(std::string topic) {
  protocol::GetTopicConfigRequest request;
  request.topic = topic;
  request.lo = true;
  std::vector<TopicOnBroker> found;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    const auto config = read_body<protocol::TopicConfig>(answer);
    found.push_back({name,
                     {topic, config.read_queues, config.write_queues, config.perm, config.order},
                     config.attributes});
  }
  co_return found;
}

asio::awaitable<void> Admin::create_group(GroupSettings settings) {
  protocol::SubscriptionGroupConfig config;
  config.group = settings.group;
  config.retry_max_times = settings.retry_max_times;
  config.retry_queues = settings.retry_queues;
  config.consume_enable = settings.consume_enable;
  config.consume_broadcast = settings.broadcast_enable;
  config.consume_orderly = settings.orderly;
  const auto body = protocol::encode_body(config);
  for (const auto& address : co_await all_masters(client_.core())) {
    auto request = bare_request(protocol::request_code::kCreateSubscriptionGroup);
    request.body = body;
    (void)co_await ask_for_success(client_.core(), address, std::move(request));
  }
}

asio::awaitable<std::optional<GroupSettings>> Admin::group_settings(std::string group) {
  protocol::GetSubscriptionGroupConfigRequest request;
  request.group = group;
  for (const auto& address : co_await all_masters(client_.core())) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code == response::kSubscriptionGroupNotExist) continue;
    require_success(answer);
    const auto config = read_body<protocol::SubscriptionGroupConfig>(answer);
    co_return GroupSettings{config.group,          config.retry_max_times,   config.retry_queues,
                            config.consume_enable, config.consume_broadcast, config.consume_orderly};
  }
  co_return std::nullopt;
}

asio::awaitable<void> Admin::delete_group(std::string group) {
  protocol::DeleteSubscriptionGroupRequest request;
  request.group = group;
  request.clean_offset = true;
  for (const auto& address : co_await all_masters(client_.core())) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code != response::kSubscriptionGroupNotExist) require_success(answer);
  }
  co_await delete_topic(retry_topic(group));
}

asio::awaitable<GroupMembers> Admin::group_consumers(std::string group) {
  protocol::GetConsumerConnectionListRequest request;
  request.consumer_group = group;
  GroupMembers found;
  std::map<std::string, GroupMember> members;
  for (const auto& address : co_await all_masters(client_.core())) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code == response::kConsumerNotOnline) continue;
    require_success(answer);
    const auto body = read_body<protocol::ConsumerConnection>(answer);
    for (const auto& member : body.connections) {
      members[member.client_id] = {member.client_id, member.address, member.language};
    }
    for (const auto& [topic, subscription] : body.subscriptions) {
      found.subscriptions[topic] = subscription.expression;
    }
    found.broadcasting = body.model == protocol::MessageModel::broadcasting;
  }
  for (auto& [id, member] : members) found.members.push_back(std::move(member));
  co_return found;
}

asio::awaitable<std::vector<std::string>> Admin::groups_of_topic(std::string topic) {
  protocol::QueryTopicConsumeByWhoRequest request;
  request.topic = topic;
  std::vector<std::string> groups;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    for (const auto& group : read_body<protocol::GroupList>(answer).groups) groups.push_back(group);
  }
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  co_return groups;
}

}  // namespace mq::client
