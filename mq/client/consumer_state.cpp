#include "mq/client/consumer_state.hpp"

#include "mq/model/names.hpp"

namespace mq::client {
namespace {
std::map<std::string, TagFilter> filters_of(const ConsumerOptions& options) {
  std::map<std::string, TagFilter> filters;
  for (const auto& [topic, expression] : options.subscriptions) filters.emplace(topic, TagFilter(expression));
  filters.emplace(retry_topic(options.group), TagFilter("*"));
  return filters;
}
}  // namespace

ConsumerState::ConsumerState(Client::Core& core_, ConsumerOptions options_, PushConsumer::Handler handler_)
    : core(core_),
      options(std::move(options_)),
      handler(std::move(handler_)),
      filters(filters_of(options)),
      subscription_version(base::to_millis(base::SystemClock{}.now())) {}

std::vector<protocol::SubscriptionData> ConsumerState::subscriptions() const {
  std::vector<protocol::SubscriptionData> all;
  for (const auto& [topic, filter] : filters) {
    protocol::SubscriptionData data;
    data.topic = topic;
    data.expression = filter.expression();
    data.version = subscription_version;
    for (const auto& tag : filter.tags()) {
      data.tags.push_back(tag);
      data.codes.push_back(static_cast<std::int32_t>(tag_hash(tag)));
    }
    all.push_back(std::move(data));
  }
  return all;
}

PushConsumer::Stats ConsumerState::stats() const {
  auto stats = counts;
  stats.queues = 0;
  for (const auto& [id, queue] : queues) {
    stats.buffered += queue->messages.buffered();
    if (!queue->messages.dropped()) ++stats.queues;
  }
  return stats;
}

}  // namespace mq::client
