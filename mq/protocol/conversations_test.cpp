// Holds frames and typed headers to the recorded conversations.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "mq/model/batch.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"
#include "mq/protocol/recorded_frames.hpp"
#include "mq/protocol/send_message_view.hpp"

namespace mq::protocol {
namespace {

// Field order says nothing.
Command sorted(Command command) {
  std::ranges::sort(command.ext);
  return command;
}

TEST(Conversations, DecodeToWhatWasMeant) {
  for (const Recorded& one : recorded()) {
    SCOPED_TRACE(one.where);
    ASSERT_EQ(*frame_size(one.frame), one.frame.size());
    const auto decoded = decode(one.frame);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(sorted(*decoded), sorted(one.meant));
  }
}

TEST(Conversations, DecodeInPlaceWhereverARequestIsConcerned) {
  CommandView view;
  for (const Recorded& one : recorded()) {
    SCOPED_TRACE(one.where);
    ASSERT_TRUE(decode(one.frame, view).has_value());
    if (!one.meant.is_response()) EXPECT_EQ(view.owned, nullptr);
    EXPECT_EQ(view.code, one.meant.code);
    EXPECT_EQ(view.opaque, one.meant.opaque);
    EXPECT_EQ(view.remark, one.meant.remark);
    EXPECT_EQ(base::text_of(view.body), one.meant.body);
    for (const auto& [key, value] : one.meant.ext) {
      const FieldView* const field = view.find(key);
      ASSERT_NE(field, nullptr) << key;
      std::string text;
      EXPECT_TRUE(unescape_to(text, *field));
      EXPECT_EQ(text, value);
    }
  }
}

TEST(Conversations, MeanTheSameEncodedAgain) {
  for (const Recorded& one : recorded()) {
    SCOPED_TRACE(one.where);
    base::Bytes again;
    encode(*decode(one.frame), again);
    EXPECT_EQ(sorted(*decode(again)), sorted(one.meant));
  }
}

// --- typed headers ---

// What every request may carry and nobody reads, and what the broker adds beside typed fields.
const std::set<std::string>& ignored_fields() {
  static const std::set<std::string> names{"ReqT", "bname", "indexType", "MSG_REGION"};
  return names;
}

template <class Header>
void check_header(const Command& command) {
  std::string problem;
  const auto header = decode_header<Header>(command, &problem);
  ASSERT_TRUE(header.has_value()) << problem;
  Command again;
  encode_header(*header, again);
  for (const auto& [key, value] : command.ext) {
    if (ignored_fields().contains(key) || value.empty()) continue;
    EXPECT_EQ(again.find(key), value) << key;
  }
}

using Check = void (*)(const Command&);

template <class... Headers>
std::map<std::int32_t, Check> by_code() {
  return {{Headers::kCode, check_header<Headers>}...};
}

const std::map<std::int32_t, Check>& request_checks() {
  static const auto checks =
      by_code<PullMessageRequest, LitePullMessageRequest, QueryMessageRequest, QueryConsumerOffsetRequest,
              UpdateConsumerOffsetRequest, CreateTopicRequest, SearchOffsetByTimestampRequest,
              GetMaxOffsetRequest, GetMinOffsetRequest, UnregisterClientRequest, ConsumerSendMsgBackRequest,
              EndTransactionRequest, GetConsumerListByGroupRequest, CheckTransactionStateRequest,
              NotifyConsumerIdsChangedRequest, GetRouteInfoByTopicRequest, GetTopicStatsInfoRequest,
              GetConsumerConnectionListRequest, GetConsumeStatsRequest, DeleteTopicRequest,
              DeleteTopicInNamesrvRequest, ResetOffsetRequest, SendMessageV2Request, SendBatchMessageRequest,
              SendReplyMessageV2Request, PushReplyMessageToClientRequest, GetTopicConfigRequest,
              RecallMessageRequest>();
  return checks;
}

const std::map<std::int32_t, Check>& response_checks() {
  static const std::map<std::int32_t, Check> checks{
      {request_code::kPullMessage, check_header<PullMessageResponse>},
      {request_code::kLitePullMessage, check_header<PullMessageResponse>},
      {request_code::kQueryMessage, check_header<QueryMessageResponse>},
      {request_code::kQueryConsumerOffset, check_header<QueryConsumerOffsetResponse>},
      {request_code::kSearchOffsetByTimestamp, check_header<SearchOffsetByTimestampResponse>},
      {request_code::kGetMaxOffset, check_header<GetMaxOffsetResponse>},
      {request_code::kGetMinOffset, check_header<GetMinOffsetResponse>},
      {request_code::kSendMessageV2, check_header<SendMessageResponse>},
      {request_code::kSendBatchMessage, check_header<SendMessageResponse>},
      {request_code::kSendReplyMessageV2, check_header<SendMessageResponse>},
      {request_code::kRecallMessage, check_header<RecallMessageResponse>},
      {request_code::kHeartBeat, check_header<HeartBeatResponse>},
      {request_code::kGetBrokerConfig, check_header<GetBrokerConfigResponse>},
  };
  return checks;
}

TEST(Conversations, FillTheTypedHeadersOfTheirRequests) {
  std::set<std::int32_t> without_struct;
  for (const Recorded& one : recorded()) {
    if (one.meant.is_response() || one.meant.ext.empty()) continue;
    SCOPED_TRACE(one.where);
    const auto check = request_checks().find(one.meant.code);
    if (check == request_checks().end()) {
      without_struct.insert(one.meant.code);
    } else {
      check->second(one.meant);
    }
  }
  // A heartbeat's only field is generic; brokers do not register with this name server.
  EXPECT_EQ(without_struct, (std::set{request_code::kHeartBeat, request_code::kRegisterBroker}));
}

TEST(Conversations, FillTheTypedHeadersOfTheirResponses) {
  std::set<std::int32_t> without_struct;
  for (const Recorded& one : recorded()) {
    if (!one.meant.is_response() || one.meant.ext.empty() || one.request_code < 0) continue;
    SCOPED_TRACE(one.where);
    const auto check = response_checks().find(one.request_code);
    if (check == response_checks().end()) {
      without_struct.insert(one.request_code);
    } else {
      check->second(one.meant);
    }
  }
  EXPECT_EQ(without_struct, std::set<std::int32_t>{});
}

TEST(Conversations, SendsReadTheSameThroughTheView) {
  int sends = 0;
  SendMessageView view;
  std::string scratch;
  CommandView command;
  for (const Recorded& one : recorded()) {
    if (one.meant.code != request_code::kSendMessageV2 && one.meant.code != request_code::kSendBatchMessage)
      continue;
    SCOPED_TRACE(one.where);
    ++sends;
    ASSERT_TRUE(decode(one.frame, command).has_value());
    ASSERT_TRUE(decode_send(command, view, scratch).has_value());
    const auto header = decode_header<SendMessageV2Request>(one.meant);
    EXPECT_EQ(view.topic, header->topic);
    EXPECT_EQ(view.properties, header->properties);
    EXPECT_EQ(view.queue, header->queue);
    EXPECT_EQ(view.born_ms, header->born_ms);
    EXPECT_EQ(view.sys_flag, header->sys_flag);
    EXPECT_EQ(view.batch, header->batch);
    EXPECT_EQ(view.broker, header->broker);
    if (!view.batch) continue;
    const auto items = decode_batch(command.body);
    ASSERT_TRUE(items.has_value());
    EXPECT_EQ(items->size(), 3U);
    base::Bytes again;
    encode_batch(*items, again);
    EXPECT_EQ(base::text_of(again), one.meant.body);
  }
  EXPECT_GE(sends, 40);
}

}  // namespace
}  // namespace mq::protocol
