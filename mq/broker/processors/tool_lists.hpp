#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_admin.hpp"

// What only tools of RocketMQ 5 ask: lists of topics and groups at once, and rare questions about offsets and
// half messages (rocketmq-wire.md 2.5).
namespace mq::broker {

// UPDATE_AND_CREATE_TOPIC_LIST (18): all are looked at before the first is made. Attributes as in code 17:
// with a sign before each name.
class CreateTopicList {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCreateTopicList;
  static constexpr std::string_view kName = "UPDATE_AND_CREATE_TOPIC_LIST";
  using Request = FromBody<protocol::TopicConfigList>;
  using Response = NoHeader;
  CreateTopicList(TopicTable& topics, DurableWaits& waits, Slices& slices)
      : topics_(topics), waits_(waits), slices_(slices) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  TopicTable& topics_;
  DurableWaits& waits_;
  Slices& slices_;
};

// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST (225).
class CreateGroupList {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCreateSubscriptionGroupList;
  static constexpr std::string_view kName = "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST";
  using Request = FromBody<protocol::SubscriptionGroupList>;
  using Response = NoHeader;
  CreateGroupList(GroupTable& groups, DurableWaits& waits, Slices& slices)
      : groups_(groups), waits_(waits), slices_(slices) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  GroupTable& groups_;
  DurableWaits& waits_;
  Slices& slices_;
};

// GET_ALL_CONSUMER_OFFSET (43): for exports.
class AllConsumerOffsets {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetAllConsumerOffset;
  static constexpr std::string_view kName = "GET_ALL_CONSUMER_OFFSET";
  using Request = NoHeader;
  using Response = NoHeader;
  explicit AllConsumerOffsets(const ConsumerOffsets& offsets) : offsets_(offsets) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ConsumerOffsets& offsets_;
};

// QUERY_CORRECTION_OFFSET (308): the smallest offset of all groups in each queue; the largest number there is
// where the compared group is behind it. Upstream forgets the groups that do not count; we only leave them
// out.
class CorrectionOffsets {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryCorrectionOffset;
  static constexpr std::string_view kName = "QUERY_CORRECTION_OFFSET";
  using Request = protocol::QueryCorrectionOffsetRequest;
  using Response = NoHeader;
  CorrectionOffsets(const ConsumerOffsets& offsets, const storage::MessageStore& store)
      : offsets_(offsets), store_(store) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const ConsumerOffsets& offsets_;
  const storage::MessageStore& store_;
};

// RESUME_CHECK_HALF_MESSAGE (323): a half message that was parked after its last check becomes a half message
// again, and its producer is asked again. Messages of other topics are refused.
class ResumeHalfMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kResumeCheckHalfMessage;
  static constexpr std::string_view kName = "RESUME_CHECK_HALF_MESSAGE";
  using Request = protocol::ResumeCheckHalfMessageRequest;
  using Response = NoHeader;
  ResumeHalfMessage(const storage::MessageStore& store, MessageWriter& writer, DurableWaits& waits)
      : store_(store), writer_(writer), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const storage::MessageStore& store_;
  MessageWriter& writer_;
  DurableWaits& waits_;
};

// UPDATE_AND_GET_GROUP_FORBIDDEN (353): keeps a group from consuming a topic (its pulls are answered 16), or
// lets it.
class GroupForbidden {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kUpdateAndGetGroupForbidden;
  static constexpr std::string_view kName = "UPDATE_AND_GET_GROUP_FORBIDDEN";
  using Request = protocol::UpdateGroupForbiddenRequest;
  using Response = NoHeader;
  GroupForbidden(GroupTable& groups, DurableWaits& waits) : groups_(groups), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  GroupTable& groups_;
  DurableWaits& waits_;
};

}  // namespace mq::broker
