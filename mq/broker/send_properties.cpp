#include "mq/broker/send_properties.hpp"

#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

constexpr char kBetween = '\x01';
constexpr char kAfter = '\x02';

bool is_brokers_own(std::string_view key) {
  return key == property::kRegion || key == property::kTraceOn || key == property::kCluster;
}

void note(SendProperties& found, std::string_view key, std::string_view value) {
  switch (key.size()) {
    case 4:
      if (key == property::kWait) found.wait = value;
      break;
    case 5:
      if (key == property::kDelayLevel) found.delay.level = value;
      break;
    case 6:
      if (key == property::kPopCheckpoint) found.pop_checkpoint = true;
      break;
    case 8:
      if (key == property::kUniqueKey) found.unique_key = value;
      if (key == property::kTransaction) found.half = value == "true" || value == "TRUE";
      break;
    case 14:
      if (key == property::kTimerDelayMs) found.delay.timer_delay_ms = value;
      break;
    case 15:
      if (key == property::kTimerDelaySec) found.delay.timer_delay_sec = value;
      break;
    case 16:
      if (key == property::kTimerDeliverMs) found.delay.timer_deliver_ms = value;
      break;
    default:
      break;
  }
}
static_assert(property::kWait.size() == 4 && property::kDelayLevel.size() == 5 &&
              property::kPopCheckpoint.size() == 6 && property::kUniqueKey.size() == 8 &&
              property::kTransaction.size() == 8 && property::kTimerDelayMs.size() == 14 &&
              property::kTimerDelaySec.size() == 15 && property::kTimerDeliverMs.size() == 16);

}  // namespace

// An item with an empty value does not exist, as in mq::find_property.
SendProperties scan_properties(std::string_view properties) {
  SendProperties found;
  while (!properties.empty()) {
    const auto end = properties.find(kAfter);
    const auto item = properties.substr(0, end);
    properties = end == std::string_view::npos ? std::string_view{} : properties.substr(end + 1);
    const auto between = item.find(kBetween);
    if (between == std::string_view::npos) continue;
    const auto key = item.substr(0, between);
    found.has_brokers_own |= is_brokers_own(key);
    if (between + 1 < item.size()) note(found, key, item.substr(between + 1));
  }
  return found;
}

}  // namespace mq::broker
