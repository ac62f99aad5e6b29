#pragma once
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/bodies_admin.hpp"
#include "mq/protocol/headers_admin.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// QUERY_CONSUME_TIME_SPAN (303): of each queue the store times of its first and last message, and of the last
// one that a group consumed; and how long the next one waits for the group already.
class ConsumeTimeSpan {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryConsumeTimeSpan;
  static constexpr std::string_view kName = "QUERY_CONSUME_TIME_SPAN";
  using Request = protocol::QueryConsumeTimeSpanRequest;
  using Response = NoHeader;

  struct Shared {  // what it works with
    const TopicTable& topics;
    const ConsumerOffsets& offsets;
    const storage::MessageStore& store;
    Slices& slices;
    const base::Clock& clock;
  };
  ConsumeTimeSpan(const Shared& shared, std::string broker) : shared_(shared), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  [[nodiscard]] protocol::QueueTimeSpan span(const std::string& group, const QueueId& queue) const;

  Shared shared_;
  std::string broker_;
};

}  // namespace mq::broker
