#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/stats.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_admin.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// GET_TOPIC_STATS_INFO (202): min, max and the time of the last message of each queue; messages per second.
class TopicStats {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetTopicStatsInfo;
  static constexpr std::string_view kName = "GET_TOPIC_STATS_INFO";
  using Request = protocol::GetTopicStatsInfoRequest;
  using Response = NoHeader;
  TopicStats(const TopicTable& topics, const storage::MessageStore& store, const Stats& stats, Slices& slices,
             std::string broker)
      : topics_(topics), store_(store), stats_(stats), slices_(slices), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const TopicTable& topics_;
  const storage::MessageStore& store_;
  const Stats& stats_;
  Slices& slices_;
  std::string broker_;
};

}  // namespace mq::broker
