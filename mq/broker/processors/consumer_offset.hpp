#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_offset.hpp"

namespace mq::broker {

// QUERY_CONSUMER_OFFSET (14). A group without an offset starts at 0 while the queue's first message still
// exists, so that the first consumers of a young queue miss nothing; else 22, and the client applies its
// own policy (rocketmq-wire.md 4.6 and appendix D).
class QueryConsumerOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryConsumerOffset;
  static constexpr std::string_view kName = "QUERY_CONSUMER_OFFSET";
  using Request = protocol::QueryConsumerOffsetRequest;
  using Response = protocol::QueryConsumerOffsetResponse;

  QueryConsumerOffset(const ConsumerOffsets& offsets, const storage::MessageStore& store)
      : offsets_(offsets), store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const ConsumerOffsets& offsets_;
  const storage::MessageStore& store_;
};

// UPDATE_CONSUMER_OFFSET (15): stored as it is, backwards too. Usually one-way.
class UpdateConsumerOffset {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUpdateConsumerOffset;
  static constexpr std::string_view kName = "UPDATE_CONSUMER_OFFSET";
  using Request = protocol::UpdateConsumerOffsetRequest;
  using Response = NoHeader;

  UpdateConsumerOffset(ConsumerOffsets& offsets, GroupTable& groups, const TopicTable& topics)
      : offsets_(offsets), groups_(groups), topics_(topics) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  ConsumerOffsets& offsets_;
  GroupTable& groups_;
  const TopicTable& topics_;
};

}  // namespace mq::broker
