#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "mq/broker/answer.hpp"
#include "mq/broker/stats.hpp"
#include "mq/protocol/headers_admin.hpp"

namespace mq::broker {

// VIEW_BROKER_STATS_DATA (315): one statistic over the last minute, hour and day, under upstream's names:
//
//   TOPIC_PUT_NUMS, TOPIC_PUT_SIZE               key: topic
//   GROUP_GET_NUMS, GROUP_GET_SIZE, SNDBCK_PUT_NUMS    topic@group
//   BROKER_PUT_NUMS, BROKER_GET_NUMS             the cluster
//
// A key without traffic has none, as upstream.
class BrokerStats {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kViewBrokerStatsData;
  static constexpr std::string_view kName = "VIEW_BROKER_STATS_DATA";
  using Request = protocol::ViewBrokerStatsDataRequest;
  using Response = NoHeader;
  BrokerStats(const Stats& stats, std::string cluster) : stats_(stats), cluster_(std::move(cluster)) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  [[nodiscard]] const Traffic* find(std::string_view name, std::string_view key) const;

  const Stats& stats_;
  std::string cluster_;
};

}  // namespace mq::broker
