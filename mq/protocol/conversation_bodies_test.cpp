// Holds JSON bodies and records to the recorded conversations.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "mq/model/record.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/raw_keys.hpp"
#include "mq/protocol/recorded_frames.hpp"

namespace mq::protocol {
namespace {

namespace json = boost::json;
using Check = void (*)(const Command&);

// Whether `ours` says all that `theirs` says, but for what belongs to static topics.
bool covers(const json::value& ours, const json::value& theirs) {
  static const std::set<std::string_view> kLeftOut{"topicQueueMappingDetailMap", "topicQueueMappingInfoMap"};
  if (theirs.is_array()) {
    const auto& a = ours.as_array();
    const auto& b = theirs.as_array();
    return std::ranges::equal(a, b, covers);
  }
  if (!theirs.is_object()) return ours == theirs;
  return std::ranges::all_of(theirs.as_object(), [&](const auto& member) {
    const json::value* const same = ours.as_object().if_contains(member.key());
    return same == nullptr ? kLeftOut.contains(member.key()) : covers(*same, member.value());
  });
}

template <class Body>
void check_body(const Command& command) {
  const auto body = decode_body<Body>(command.body);
  ASSERT_TRUE(body.has_value());
  const std::string again = encode_body(*body);
  EXPECT_EQ(*decode_body<Body>(again), *body);
  EXPECT_TRUE(covers(json::parse(*quote_raw_keys(again)), json::parse(*quote_raw_keys(command.body))))
      << again;
}

void check_records(const Command& command) {
  base::BytesView rest = base::bytes_of(command.body);
  while (!rest.empty()) {
    const auto decoded = decode_record(rest);
    ASSERT_TRUE(decoded.has_value());
    base::Bytes again(encoded_size(decoded->record));
    encode_record(decoded->record, again.data());
    EXPECT_EQ(base::text_of(again), base::text_of(rest.first(decoded->size)));
    rest = rest.subspan(decoded->size);
  }
}

void check_text(const Command& command) { EXPECT_FALSE(command.body.empty()); }

TEST(Conversations, CarryBodiesWeUnderstand) {
  const std::map<std::int32_t, Check> requests{
      {request_code::kHeartBeat, check_body<HeartbeatData>},
      {request_code::kLockBatchMq, check_body<LockBatchRequest>},
      {request_code::kUnlockBatchMq, check_body<LockBatchRequest>},
      {request_code::kCheckClientConfig, check_body<CheckClientRequest>},
      {request_code::kRegisterBroker, check_body<RegisterBrokerBody>},
      {request_code::kCreateSubscriptionGroup, check_body<SubscriptionGroupConfig>},
      {request_code::kCheckTransactionState, check_records},
      {request_code::kSendMessageV2, check_text},
      {request_code::kSendBatchMessage, check_text},
      {request_code::kSendReplyMessageV2, check_text},
      {request_code::kPushReplyMessageToClient, check_text},
  };
  const std::map<std::int32_t, Check> responses{
      {request_code::kGetConsumerListByGroup, check_body<ConsumerIds>},
      {request_code::kLockBatchMq, check_body<LockBatchResponse>},
      {request_code::kGetRouteInfoByTopic, check_body<TopicRouteData>},
      {request_code::kGetBrokerClusterInfo, check_body<ClusterInfo>},
      {request_code::kGetTopicStatsInfo, check_body<TopicStatsTable>},
      {request_code::kGetConsumeStats, check_body<ConsumeStats>},
      {request_code::kResetOffset, check_body<ResetOffsetBody>},
      {request_code::kGetBrokerRuntimeInfo, check_body<KVTable>},
      {request_code::kGetTopicConfig, check_body<TopicConfig>},
      {request_code::kGetAllTopicListFromNamesrv, check_body<TopicList>},
      {request_code::kPullMessage, check_records},
      {request_code::kLitePullMessage, check_records},
      {request_code::kQueryMessage, check_records},
      {request_code::kGetBrokerConfig, check_text},
  };
  for (const Recorded& one : recorded()) {
    if (one.meant.body.empty()) continue;
    SCOPED_TRACE(one.where);
    const bool response = one.meant.is_response();
    if (response && one.request_code < 0) continue;
    const auto& checks = response ? responses : requests;
    const auto check = checks.find(response ? one.request_code : one.meant.code);
    ASSERT_NE(check, checks.end());
    check->second(one.meant);
  }
}

}  // namespace
}  // namespace mq::protocol
