#include "mq/client/admin.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include "mq/client/admin_requests.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace response = protocol::response_code;
namespace {
// Tools read under this name; it leaves no trace in any group's offsets.
constexpr std::string_view kToolGroup = "TOOLS_CONSUMER";
}  // namespace

asio::awaitable<void> Admin::create_topic(TopicSettings settings) {
  protocol::CreateTopicRequest request;
  request.topic = settings.topic;
  request.read_queues = settings.read_queues;
  request.write_queues = settings.write_queues;
  request.perm = settings.perm;
  request.order = settings.order;
  for (const auto& address : co_await all_masters(client_.core())) {
    (void)co_await ask_for_success(client_.core(), address, protocol::make_request(request));
  }
}

asio::awaitable<void> Admin::delete_topic(std::string topic) {
  protocol::DeleteTopicRequest request;
  request.topic = topic;
  const auto info = co_await cluster(client_.core());
  for (const auto& address : masters(info.brokers)) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code != response::kTopicNotExist) require_success(answer);
  }
  protocol::DeleteTopicInNamesrvRequest forget;
  forget.topic = topic;
  for (const auto& name_server : client_.core().name_servers().addresses()) {
    // They share nothing: each must forget the topic. One that is down hears of it from the brokers.
    (void)co_await client_.core().rpc().call(name_server, protocol::make_request(forget),
                                             client_.core().rpc_deadline());
  }
}

asio::awaitable<std::vector<std::string>> Admin::topics() {
  const auto answer = co_await ask_name_server(
      client_.core(), bare_request(protocol::request_code::kGetAllTopicListFromNamesrv));
  const auto list = read_body<protocol::TopicList>(answer);
  const std::set<std::string> sorted(list.topics.begin(), list.topics.end());
  co_return std::vector<std::string>(sorted.begin(), sorted.end());
}

asio::awaitable<std::vector<std::string>> Admin::groups() {
  std::set<std::string> names;
  const auto info = co_await cluster(client_.core());
  for (const auto& address : masters(info.brokers)) {
    const auto answer = co_await ask_for_success(
        client_.core(), address, bare_request(protocol::request_code::kGetAllSubscriptionGroupConfig));
    const auto table = read_body<protocol::SubscriptionGroupWrapper>(answer);
    for (const auto& [group, config] : table.groups) names.insert(group);
  }
  co_return std::vector<std::string>(names.begin(), names.end());
}

asio::awaitable<std::vector<QueueState>> Admin::topic_state(std::string topic) {
  protocol::GetTopicStatsInfoRequest request;
  request.topic = topic;
  std::vector<QueueState> states;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    for (const auto& [queue, offset] : read_body<protocol::TopicStatsTable>(answer).offsets) {
      states.push_back({queue, offset.min_offset, offset.max_offset, offset.last_update_ms});
    }
  }
  co_return states;
}

asio::awaitable<std::vector<QueueLag>> Admin::group_lag(std::string group) {
  protocol::GetConsumeStatsRequest request;
  request.consumer_group = group;
  std::vector<QueueLag> lags;
  // Every broker that knows the group has its retry topic.
  for (const auto& [name, address] : co_await brokers_of(client_.core(), retry_topic(group))) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    for (const auto& [queue, offset] : read_body<protocol::ConsumeStats>(answer).offsets) {
      lags.push_back({queue, offset.broker_offset, offset.consumer_offset});
    }
  }
  co_return lags;
}

asio::awaitable<std::vector<std::string>> Admin::group_members(std::string group) {
  protocol::GetConsumerListByGroupRequest request;
  request.consumer_group = group;
  std::set<std::string> members;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), retry_topic(group))) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code != response::kSuccess) continue;  // how brokers say that nobody is there
    const auto ids = read_body<protocol::ConsumerIds>(answer);
    members.insert(ids.ids.begin(), ids.ids.end());
  }
  co_return std::vector<std::string>(members.begin(), members.end());
}

asio::awaitable<std::optional<ReceivedMessage>> Admin::view_message(std::string offset_message_id) {
  const auto id = parse_offset_message_id(offset_message_id);
  if (!id) throw AdminError("not an offset message id: " + offset_message_id, response::kInvalidParameter);
  protocol::ViewMessageByIdRequest request;
  request.log_offset = id->at.value();
  const auto answer = co_await ask(client_.core(), to_string(id->host), protocol::make_request(request));
  if (answer.code != response::kSuccess) co_return std::nullopt;
  auto messages = read_messages(answer, {});
  if (messages.empty()) co_return std::nullopt;
  co_return std::move(messages.front());
}

asio::awaitable<std::map<std::string, std::string>> Admin::broker_addresses(std::string topic) {
  co_return co_await brokers_of(client_.core(), std::move(topic));
}

asio::awaitable<std::vector<ReceivedMessage>> Admin::find_by_key(std::string topic, std::string key,
                                                                 std::int32_t max) {
  protocol::QueryMessageRequest request;
  request.topic = topic;
  request.key = key;
  request.max_count = max;
  request.end_ms = std::numeric_limits<std::int64_t>::max();
  std::vector<ReceivedMessage> found;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask(client_.core(), address, protocol::make_request(request));
    if (answer.code == response::kQueryNotFound) continue;
    require_success(answer);
    for (auto& message : read_messages(answer, name)) found.push_back(std::move(message));
  }
  std::ranges::sort(found, {}, [](const ReceivedMessage& message) {
    return std::pair(message.store_ms, message.log_offset);
  });
  // Each broker gave its newest; of all together the newest stay.
  const auto surplus = static_cast<std::ptrdiff_t>(found.size()) - std::max(max, 0);
  if (surplus > 0) found.erase(found.begin(), found.begin() + surplus);
  co_return found;
}

asio::awaitable<std::vector<ReceivedMessage>> Admin::read_queue(MessageQueue queue, std::int64_t offset,
                                                                std::int32_t max) {
  const auto addresses = co_await brokers_of(client_.core(), queue.topic);
  const auto address = addresses.find(queue.broker);
  if (address == addresses.end())
    throw AdminError("no such broker: " + queue.broker, response::kBrokerNotExist);
  std::vector<ReceivedMessage> messages;
  while (messages.size() < static_cast<std::size_t>(max)) {
    protocol::PullMessageRequest request;
    request.consumer_group = kToolGroup;
    request.topic = queue.topic;
    request.queue = queue.queue;
    request.queue_offset = offset;
    request.max_count = max - static_cast<std::int32_t>(messages.size());
    request.sys_flag = protocol::pull_flag::kSubscription;
    request.subscription = "*";
    request.expression_type = "TAG";
    request.suspend_ms = 0;
    request.broker = queue.broker;
    const auto answer = co_await ask(client_.core(), address->second, protocol::make_request(request));
    const auto header = protocol::decode_header<protocol::PullMessageResponse>(answer);
    if (answer.code == response::kPullNotFound) break;
    const bool moves =
        answer.code == response::kPullOffsetMoved || answer.code == response::kPullRetryImmediately;
    if (!moves) require_success(answer);
    if (!header) throw AdminError("an answer cannot be read", kNoAnswer);
    if (!moves) {
      for (auto& message : read_messages(answer, queue.broker)) messages.push_back(std::move(message));
    }
    if (header->next_begin_offset <= offset) break;  // beyond the end; or a broker that does not move on
    offset = header->next_begin_offset;
  }
  co_return messages;
}

asio::awaitable<std::vector<std::pair<std::string, std::string>>> Admin::broker_info(
    std::string broker_address) {
  const auto answer = co_await ask_for_success(client_.core(), std::move(broker_address),
                                               bare_request(protocol::request_code::kGetBrokerRuntimeInfo));
  const auto table = read_body<protocol::KVTable>(answer);
  co_return std::vector<std::pair<std::string, std::string>>(table.table.begin(), table.table.end());
}

}  // namespace mq::client
