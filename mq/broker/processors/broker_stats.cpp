#include "mq/broker/processors/broker_stats.hpp"

#include "mq/protocol/bodies_admin.hpp"

namespace mq::broker {
namespace {

protocol::BrokerStatsItem item(const Traffic::Sum& sum, bool bytes) {
  const auto counted = bytes ? sum.bytes : sum.messages;
  protocol::BrokerStatsItem item;
  item.sum = static_cast<std::int64_t>(counted);
  item.tps = static_cast<double>(counted) / sum.seconds;
  if (sum.calls > 0) item.average_per_call = static_cast<double>(counted) / static_cast<double>(sum.calls);
  return item;
}

}  // namespace

const Traffic* BrokerStats::find(std::string_view name, std::string_view key) const {
  if (name == "TOPIC_PUT_NUMS" || name == "TOPIC_PUT_SIZE") {
    const auto* topic = stats_.find_topic(key);
    return topic == nullptr ? nullptr : topic->traffic.get();
  }
  if (name == "BROKER_PUT_NUMS") return key == cluster_ ? &stats_.all_put() : nullptr;
  if (name == "BROKER_GET_NUMS") return key == cluster_ ? &stats_.all_got() : nullptr;
  const auto at = key.find('@');
  if (at == std::string_view::npos) return nullptr;
  const auto* group = stats_.find_group(key.substr(at + 1), key.substr(0, at));
  if (group == nullptr) return nullptr;
  if (name == "GROUP_GET_NUMS" || name == "GROUP_GET_SIZE") return group->traffic.get();
  return name == "SNDBCK_PUT_NUMS" ? group->sent_back.get() : nullptr;
}

Answer<> BrokerStats::operator()(const Request& request, const Caller&) {
  const auto* traffic = find(request.stats_name, request.stats_key);
  if (traffic == nullptr) {
    return refuse(response_code::kSystemError,
                  "The stats <" + request.stats_name + "> <" + request.stats_key + "> not exist");
  }
  const bool bytes = request.stats_name.ends_with("_SIZE");
  const auto now = stats_.tick();
  return with_body(protocol::BrokerStatsData{.day = item(traffic->day(now), bytes),
                                             .hour = item(traffic->hour(now), bytes),
                                             .minute = item(traffic->minute(now), bytes)});
}

}  // namespace mq::broker
