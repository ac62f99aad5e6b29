#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/queue_locks.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/stats.hpp"
#include "mq/protocol/headers_group.hpp"

namespace mq::broker {

// What a tool may set a group to.
Verdict check_group(const GroupConfig& group);

// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP (200). Does not make the retry topic: the first heartbeat does.
class CreateGroup {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kCreateSubscriptionGroup;
  static constexpr std::string_view kName = "UPDATE_AND_CREATE_SUBSCRIPTIONGROUP";
  using Request = FromBody<GroupConfig>;
  using Response = NoHeader;
  CreateGroup(GroupTable& groups, DurableWaits& waits) : groups_(groups), waits_(waits) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  GroupTable& groups_;
  DurableWaits& waits_;
};

// DELETE_SUBSCRIPTIONGROUP (207): with its offsets when the caller says so.
class DeleteGroup {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kDeleteSubscriptionGroup;
  static constexpr std::string_view kName = "DELETE_SUBSCRIPTIONGROUP";
  using Request = protocol::DeleteSubscriptionGroupRequest;
  using Response = NoHeader;
  struct Shared {  // what it works with
    GroupTable& groups;
    ConsumerOffsets& offsets;
    PopLedger& pops;
    QueueLocks& locks;
    Stats& stats;
    DurableWaits& waits;
  };
  explicit DeleteGroup(const Shared& shared) : shared_(shared) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  Shared shared_;
};

// GET_SUBSCRIPTIONGROUP_CONFIG (352).
class GetGroupConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetSubscriptionGroupConfig;
  static constexpr std::string_view kName = "GET_SUBSCRIPTIONGROUP_CONFIG";
  using Request = protocol::GetSubscriptionGroupConfigRequest;
  using Response = NoHeader;
  explicit GetGroupConfig(const GroupTable& groups) : groups_(groups) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const GroupTable& groups_;
};

// GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201), one group after the other.
class GetAllGroupConfig {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kGetAllSubscriptionGroupConfig;
  static constexpr std::string_view kName = "GET_ALL_SUBSCRIPTIONGROUP_CONFIG";
  using Request = NoHeader;
  using Response = protocol::GetAllSubscriptionGroupConfigResponse;
  GetAllGroupConfig(const GroupTable& groups, Slices& slices) : groups_(groups), slices_(slices) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  const GroupTable& groups_;
  Slices& slices_;
};

}  // namespace mq::broker
