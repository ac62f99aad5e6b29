#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mq/base/result.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/body_codec.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/protocol/bodies_group.hpp"

namespace mq::broker {

using GroupConfig = protocol::SubscriptionGroupConfig;

// The consumer groups' settings, remembered as metadata "group/<name>" (rocketmq-wire.md 4.2).
//
// Thread rule: the hot thread. Pointers last until the next change.
class GroupTable {
 public:
  GroupTable(storage::MessageStore& store, bool auto_create, std::int64_t start_ms)
      : groups_(store, "group/"),
        forbidden_(store, "forbidden/"),
        auto_create_(auto_create),
        start_ms_(start_ms) {}

  // What the store recovered, and the groups every broker has.
  base::Result<LogOffset> load(const Metadata& metadata);

  [[nodiscard]] const GroupConfig* find(std::string_view name) const { return groups_.find(name); }
  [[nodiscard]] const GroupConfig* find_durable(std::string_view name) const {
    return groups_.find_durable(name);
  }
  [[nodiscard]] std::vector<std::pair<std::string_view, const GroupConfig*>> durable() const {
    return groups_.durable();
  }
  // The first whose name comes after `name`.
  [[nodiscard]] std::optional<std::pair<std::string_view, const GroupConfig*>> next(
      std::string_view name) const {
    return groups_.next(name);
  }
  [[nodiscard]] std::size_t size() const { return groups_.size(); }

  // The group's settings, made with defaults when it is new and that is allowed.
  struct Known {
    const GroupConfig* group = nullptr;
    LogOffset until{0};  // durable from here on
    Verdict refused;     // when there is none
  };
  Known find_or_create(std::string_view name);

  void auto_create(bool allowed) { auto_create_ = allowed; }

  base::Result<LogOffset> put(GroupConfig group);
  base::Result<LogOffset> remove(std::string_view name) { return groups_.erase(name); }

  // Whether a group may consume a topic (353): kept apart from its settings, as upstream.
  base::Result<LogOffset> forbid(std::string_view group, std::string_view topic, bool forbidden);
  [[nodiscard]] bool is_forbidden(std::string_view group, std::string_view topic) const;
  // For listings: group, topic, and the bit that stands for reading.
  [[nodiscard]] std::map<std::string, std::map<std::string, std::int32_t>> forbidden() const;

  [[nodiscard]] protocol::DataVersion version() const { return {groups_.version(), 0, start_ms_}; }

 private:
  struct Mark {
    static std::string encode(bool) { return "1"; }
    static std::optional<bool> decode(std::string_view) { return true; }
  };
  DurableMap<GroupConfig, BodyCodec<GroupConfig>> groups_;
  DurableMap<bool, Mark> forbidden_;  // by "topic@group"
  bool auto_create_;
  std::int64_t start_ms_;
};

}  // namespace mq::broker
