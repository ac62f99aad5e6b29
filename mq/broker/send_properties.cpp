#include "mq/broker/send_properties.hpp"

#include "mq/model/properties.hpp"
#include "mq/model/property_scan.hpp"

namespace mq::broker {
namespace {

// The first letters of all names below.
bool may_matter(char first) {
  switch (first) {
    case 'C':
    case 'D':
    case 'M':
    case 'P':
    case 'T':
    case 'U':
    case 'W':
      return true;
    default:
      return false;
  }
}

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
static_assert(property::kRegion[0] == 'M' && property::kTraceOn[0] == 'T' && property::kCluster[0] == 'C' &&
              property::kWait[0] == 'W' && property::kDelayLevel[0] == 'D' &&
              property::kPopCheckpoint[0] == 'P' && property::kUniqueKey[0] == 'U' &&
              property::kTransaction[0] == 'T' && property::kTimerDelayMs[0] == 'T');
static_assert(property::kWait.size() == 4 && property::kDelayLevel.size() == 5 &&
              property::kPopCheckpoint.size() == 6 && property::kUniqueKey.size() == 8 &&
              property::kTransaction.size() == 8 && property::kTimerDelayMs.size() == 14 &&
              property::kTimerDelaySec.size() == 15 && property::kTimerDeliverMs.size() == 16);

}  // namespace

// An item with an empty value does not exist, as in mq::find_property.
SendProperties scan_properties(std::string_view properties) {
  SendProperties found;
  for_each_property(properties, [&found](std::string_view item) {
    if (item.empty() || !may_matter(item[0])) return;
    const auto [key, value] = split_property(item);
    found.has_brokers_own |= is_brokers_own(key);
    if (!value.empty()) note(found, key, value);
  });
  return found;
}

}  // namespace mq::broker
