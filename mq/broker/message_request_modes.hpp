#pragma once
#include <string>
#include <string_view>

#include "mq/broker/body_codec.hpp"
#include "mq/broker/durable_map.hpp"
#include "mq/protocol/bodies_pop.hpp"

namespace mq::broker {

// Whether consumers of a group that let the broker rebalance pull a topic or pop it, as a tool said;
// remembered as metadata "mode/<topic>/<group>" (rocketmq-wire.md 4.12).
//
// Thread rule: the hot thread.
class MessageRequestModes {
 public:
  using Mode = protocol::SetMessageRequestModeRequest;

  explicit MessageRequestModes(storage::MessageStore& store) : modes_(store, "mode/") {}

  void load(const Metadata& metadata) { modes_.load(metadata); }
  // Pulling, where nobody said anything.
  [[nodiscard]] Mode find(std::string_view topic, std::string_view group) const {
    const auto* mode = modes_.find(name(topic, group));
    return mode == nullptr ? Mode{} : *mode;
  }
  // The result is the log end to wait for.
  base::Result<LogOffset> put(Mode mode) {
    auto key = name(mode.topic, mode.consumer_group);
    return modes_.put(std::move(key), std::move(mode));
  }

 private:
  // Names of topics and groups have no slash.
  static std::string name(std::string_view topic, std::string_view group) {
    return std::string(topic).append("/").append(group);
  }

  DurableMap<Mode, BodyCodec<Mode>> modes_;
};

}  // namespace mq::broker
