#include "mq/broker/real_target.hpp"

#include <charconv>

#include "mq/model/properties.hpp"

namespace mq::broker {

std::optional<RealTarget> real_target(std::string_view properties) {
  const auto topic = find_property(properties, property::kRealTopic);
  const auto text = find_property(properties, property::kRealQueueId);
  if (!topic || !text) return std::nullopt;
  RealTarget target{*topic, 0};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), target.queue);
  if (error != std::errc{} || end != text->data() + text->size() || target.queue < 0) return std::nullopt;
  return target;
}

void set_real_target(std::string& properties, std::string_view topic, std::int32_t queue) {
  set_property(properties, property::kRealTopic, topic);
  set_property(properties, property::kRealQueueId, std::to_string(queue));
}

}  // namespace mq::broker
