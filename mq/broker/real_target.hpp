#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mq::broker {

// Where a message is meant to go that waits elsewhere, for its time or for its producer's decision: its
// properties REAL_TOPIC and REAL_QID (rocketmq-wire.md 4.7 to 4.9).
struct RealTarget {
  std::string_view topic;  // into the properties
  std::int32_t queue = 0;
};
// Nothing when the properties do not say it.
std::optional<RealTarget> real_target(std::string_view properties);
void set_real_target(std::string& properties, std::string_view topic, std::int32_t queue);

}  // namespace mq::broker
