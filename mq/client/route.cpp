#include "mq/client/route.hpp"

#include <algorithm>
#include <charconv>

namespace mq::client {
namespace {
void append(std::vector<MessageQueue>& queues, const std::string& topic, const std::string& broker,
            std::int32_t count) {
  for (std::int32_t queue = 0; queue < count; ++queue) queues.push_back({topic, broker, queue});
}

std::vector<MessageQueue> sorted(std::vector<MessageQueue> queues) {
  std::ranges::sort(queues);
  queues.erase(std::ranges::unique(queues).begin(), queues.end());
  return queues;
}

// "broker-a:8;broker-b:8"; items that are not so are skipped.
std::vector<MessageQueue> ordered_queues(const std::string& topic, std::string_view conf) {
  std::vector<MessageQueue> queues;
  while (!conf.empty()) {
    const auto item = conf.substr(0, conf.find(';'));
    conf.remove_prefix(std::min(conf.size(), item.size() + 1));
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) continue;
    std::int32_t count = 0;
    std::from_chars(item.data() + colon + 1, item.data() + item.size(), count);
    append(queues, topic, std::string(item.substr(0, colon)), count);
  }
  return sorted(std::move(queues));
}
}  // namespace

std::vector<MessageQueue> readable_queues(const std::string& topic, const protocol::TopicRouteData& route) {
  std::vector<MessageQueue> queues;
  for (const auto& data : route.queues) {
    if ((data.perm & perm::kRead) != 0) append(queues, topic, data.broker, data.read_queues);
  }
  return sorted(std::move(queues));
}

std::vector<MessageQueue> writable_queues(const std::string& topic, const protocol::TopicRouteData& route) {
  if (route.order_topic_conf && !route.order_topic_conf->empty()) {
    return ordered_queues(topic, *route.order_topic_conf);
  }
  std::vector<MessageQueue> queues;
  for (const auto& data : route.queues) {
    if ((data.perm & perm::kWrite) != 0) append(queues, topic, data.broker, data.write_queues);
  }
  return sorted(std::move(queues));
}

std::vector<MessageQueue> with_master(std::vector<MessageQueue> queues,
                                      const protocol::TopicRouteData& route) {
  std::erase_if(queues, [&](const MessageQueue& queue) {
    return !broker_address(route, queue.broker, kMasterId).has_value();
  });
  return queues;
}

std::vector<MessageQueue> creatable_queues(const std::string& topic,
                                           const protocol::TopicRouteData& template_route) {
  std::vector<MessageQueue> queues;
  for (const auto& data : template_route.queues) {
    if ((data.perm & perm::kInherit) == 0 || (data.perm & perm::kWrite) == 0) continue;
    append(queues, topic, data.broker, std::min(kCreatedQueuesMax, data.read_queues));
  }
  return with_master(sorted(std::move(queues)), template_route);
}

std::optional<std::string> broker_address(const protocol::TopicRouteData& route, std::string_view broker,
                                          std::int64_t id) {
  for (const auto& data : route.brokers) {
    if (data.broker != broker) continue;
    const auto found = data.addresses.find(id);
    if (found != data.addresses.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace mq::client
