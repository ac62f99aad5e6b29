#include "mq/client/consumer_state.hpp"
#include "mq/protocol/body_codec.hpp"

namespace mq::client {
namespace {
// ConsumerRunningInfo (rocketmq-wire.md 2.7), as far as mqadmin and the dashboard print it.
struct QueueInfo {
  std::int64_t cached_count = 0, cached_max = 0, cached_min = 0, commit_offset = 0;
  bool dropped = false, locked = false;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("cachedMsgCount", self.cached_count);
    v.field("cachedMsgMaxOffset", self.cached_max);
    v.field("cachedMsgMinOffset", self.cached_min);
    v.field("commitOffset", self.commit_offset);
    v.field("droped", self.dropped);
    v.field("locked", self.locked);
  }
};
struct RunningInfo {
  std::map<MessageQueue, QueueInfo> queues;
  std::map<std::string, std::string> properties;
  std::map<std::string, std::string> status;
  std::vector<protocol::SubscriptionData> subscriptions;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.field("mqTable", self.queues);
    v.field("properties", self.properties);
    v.field("statusTable", self.status);
    v.field("subscriptionSet", self.subscriptions);
  }
};
}  // namespace

std::string ConsumerState::running_info() const {
  RunningInfo info;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [id, queue] : queues) {
    const auto& messages = queue->messages;
    info.queues[id] = {static_cast<std::int64_t>(messages.buffered()),
                       messages.next_pull() - 1,
                       messages.committable(),
                       queue->committed,
                       messages.dropped(),
                       is_orderly() && queue->locked_until > now};
  }
  info.properties["PROP_CONSUME_TYPE"] = "CONSUME_PASSIVELY";
  info.properties["PROP_CONSUME_ORDERLY"] = is_orderly() ? "true" : "false";
  info.properties["PROP_THREADPOOL_CORE_SIZE"] = std::to_string(options.concurrency);
  info.properties["PROP_CLIENT_VERSION"] = "V5_3_3";
  info.properties["PROP_CONSUMER_START_TIMESTAMP"] = std::to_string(subscription_version);
  info.subscriptions = subscriptions();
  return protocol::encode_body(info);
}

}  // namespace mq::client
