#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/result.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/body_codec.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/protocol/bodies_route.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

using TopicConfig = protocol::TopicConfig;

struct TopicOptions {
  std::string cluster = "DefaultCluster";
  std::string broker = "broker-a";
  bool auto_create = true;
  std::int32_t default_queues = 8;
  std::int32_t delay_levels = 18;
};

// The topics, remembered as metadata "topic/<name>" (rocketmq-wire.md 4.2).
//
// Thread rule: the hot thread. Pointers last until the next change.
class TopicTable {
 public:
  TopicTable(storage::MessageStore& store, TopicOptions options, std::int64_t start_ms);

  // What the store recovered, and the topics every broker has, made if they are missing.
  base::Result<LogOffset> load(const Metadata& metadata);

  [[nodiscard]] const TopicConfig* find(std::string_view name) const { return topics_.find(name); }
  // As routes and lists see it: durable changes only.
  [[nodiscard]] const TopicConfig* find_durable(std::string_view name) const {
    return topics_.find_durable(name);
  }
  [[nodiscard]] std::vector<std::pair<std::string_view, const TopicConfig*>> durable() const {
    return topics_.durable();
  }
  // The first whose name comes after `name`.
  [[nodiscard]] std::optional<std::pair<std::string_view, const TopicConfig*>> next(
      std::string_view name) const {
    return topics_.next(name);
  }

  [[nodiscard]] std::size_t size() const { return topics_.size(); }

  // Sets it; the result is the log end to wait for.
  base::Result<LogOffset> put(TopicConfig topic);
  // Makes %RETRY% and %DLQ% topics: nothing happens when it is there.
  base::Result<LogOffset> ensure(std::string_view name, std::int32_t queues);
  // With its queues and messages. The result is the log end to wait for.
  base::Result<LogOffset> remove(std::string_view name);

  // The topic to send to, made from its template when the client may do so (4.2).
  struct ForSend {
    const TopicConfig* topic = nullptr;
    Verdict refused;  // when there is none
  };
  ForSend find_or_create(std::string_view name, std::string_view default_topic, std::int32_t queues);

  [[nodiscard]] protocol::DataVersion version() const;
  // Whether a send may make its topic; a broker that started without has no template to make it from.
  void auto_create(bool allowed) { options_.auto_create = allowed; }
  // One of the broker's own: not to be changed or deleted by tools.
  [[nodiscard]] bool is_system(std::string_view name) const;

 private:
  [[nodiscard]] std::vector<TopicConfig> startup_topics() const;

  storage::MessageStore& store_;
  TopicOptions options_;
  std::int64_t start_ms_;
  DurableMap<TopicConfig, BodyCodec<TopicConfig>> topics_;
};

}  // namespace mq::broker
