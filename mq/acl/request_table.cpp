#include "mq/acl/request_table.hpp"

#include <algorithm>
#include <array>

#include "mq/protocol/codes.hpp"
#include "mq/protocol/headers_waiting.hpp"

namespace mq::acl {
namespace {

using namespace protocol::request_code;
using namespace action;

constexpr RequestRow login(std::int32_t code) { return {.code = code, .asks = Asks::login}; }
constexpr RequestRow body(std::int32_t code) { return {.code = code, .asks = Asks::body}; }
constexpr RequestRow topic(std::int32_t code, std::string_view field, Actions any_of) {
  return {.code = code, .asks = Asks::fields, .topic = {field, any_of}};
}
constexpr RequestRow group(std::int32_t code, std::string_view field, Actions any_of) {
  return {.code = code, .asks = Asks::fields, .group = {field, any_of}};
}
constexpr RequestRow both(std::int32_t code, std::string_view group_field, Actions any_of) {
  return {.code = code, .asks = Asks::fields, .topic = {"topic", any_of}, .group = {group_field, any_of}};
}
constexpr RequestRow reads_all(std::int32_t code) { return {.code = code, .asks = Asks::admin}; }
constexpr RequestRow changes(std::int32_t code) {
  return {.code = code, .asks = Asks::admin, .audited = true};
}
constexpr RequestRow audited(RequestRow row) {
  row.audited = true;
  return row;
}
constexpr RequestRow if_there(RequestRow row) {
  row.topic.optional = row.group.optional = true;
  return row;
}

constexpr Actions kRead = kSub | kGet;

// Sorted by code. Numbers without a name in codes.hpp are requests that only other servers or later versions
// know: listed, so that nobody wonders whether they were forgotten.
constexpr std::array kTable{
    topic(kSendMessage, "topic", kPub),
    both(kPullMessage, "consumerGroup", kSub),
    topic(kQueryMessage, "topic", kRead),
    both(kQueryConsumerOffset, "consumerGroup", kRead),
    audited(both(kUpdateConsumerOffset, "consumerGroup", kSub)),  // when it is not a member that commits
    changes(kCreateTopic),
    changes(kCreateTopicList),
    reads_all(kGetAllTopicConfig),
    changes(kUpdateBrokerConfig),
    reads_all(kGetBrokerConfig),
    reads_all(kGetBrokerRuntimeInfo),
    topic(kSearchOffsetByTimestamp, "topic", kGet),
    topic(kGetMaxOffset, "topic", kGet),
    topic(kGetMinOffset, "topic", kGet),
    topic(kGetEarliestStoreTime, "topic", kGet),
    if_there(topic(kViewMessageById, "topic", kGet)),  // the processor looks whose message it is
    body(kHeartBeat),
    if_there(group(kUnregisterClient, "consumerGroup", kSub)),
    group(kConsumerSendMsgBack, "group", kSub),       // and so here
    if_there(topic(kEndTransaction, "topic", kPub)),  // and here; old clients do not name it
    group(kGetConsumerListByGroup, "consumerGroup", kRead),
    body(kLockBatchMq),
    body(kUnlockBatchMq),
    reads_all(43),  // GET_ALL_CONSUMER_OFFSET
    reads_all(45),  // GET_ALL_DELAY_OFFSET
    body(kCheckClientConfig),
    reads_all(60),  // TIMER_CHECK_POINT
    reads_all(61),  // TIMER_METRICS
    changes(kPutKvConfig),
    reads_all(kGetKvConfig),
    changes(kDeleteKvConfig),
    changes(kRegisterBroker),
    changes(kUnregisterBroker),
    topic(kGetRouteInfoByTopic, "topic", kPub | kRead),
    login(kGetBrokerClusterInfo),
    changes(kCreateSubscriptionGroup),
    reads_all(kGetAllSubscriptionGroupConfig),
    topic(kGetTopicStatsInfo, "topic", kGet),
    group(kGetConsumerConnectionList, "consumerGroup", kGet),
    reads_all(kGetProducerConnectionList),
    changes(kWipeWritePermOfBroker),
    reads_all(kGetAllTopicListFromNamesrv),
    changes(kDeleteSubscriptionGroup),
    group(kGetConsumeStats, "consumerGroup", kGet),
    changes(kDeleteTopic),
    changes(kDeleteTopicInNamesrv),
    changes(217),  // REGISTER_TOPIC_IN_NAMESRV
    reads_all(kGetKvListByNamespace),
    changes(kResetOffset),
    both(kGetConsumerStatus, "group", kGet),
    reads_all(kGetTopicsByCluster),
    changes(225),  // UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST
    topic(kQueryTopicConsumeByWho, "topic", kGet),
    both(kQueryConsumeTimeSpan, "group", kGet),
    login(kGetSystemTopicListFromNamesrv),
    login(kGetSystemTopicListFromBroker),
    changes(kCleanExpiredConsumeQueue),
    group(kGetConsumerRunningInfo, "consumerGroup", kGet),
    reads_all(kQueryCorrectionOffset),
    changes(kConsumeMessageDirectly),  // makes a consumer work on any message of the log
    topic(kSendMessageV2, "b", kPub),
    reads_all(kGetUnitTopicList),
    reads_all(kGetHasUnitSubTopicList),
    reads_all(kGetHasUnitSubUnunitTopicList),
    changes(kCloneGroupOffset),
    reads_all(kViewBrokerStatsData),
    changes(kCleanUnusedTopic),
    reads_all(kGetBrokerConsumeStats),
    changes(kUpdateNamesrvConfig),
    reads_all(kGetNamesrvConfig),
    topic(kSendBatchMessage, "b", kPub),
    topic(kQueryConsumeQueue, "topic", kGet),
    reads_all(322),            // QUERY_DATA_VERSION
    changes(323),              // RESUME_CHECK_HALF_MESSAGE
    login(kSendReplyMessage),  // goes to the one client that asked
    login(kSendReplyMessageV2),
    changes(kAddWritePermOfBroker),
    reads_all(kGetAllProducerInfo),
    changes(kDeleteExpiredCommitLog),
    group(kQueryTopicsByConsumer, "group", kGet),
    both(kQuerySubscriptionByConsumer, "group", kGet),
    topic(kGetTopicConfig, "topic", kGet),
    group(kGetSubscriptionGroupConfig, "group", kGet),
    changes(353),  // UPDATE_AND_GET_GROUP_FORBIDDEN
    both(kLitePullMessage, "consumerGroup", kSub),
    topic(kRecallMessage, "topic", kPub),
    body(kQueryAssignment),
    changes(kSetMessageRequestMode),
    reads_all(402),  // GET_ALL_MESSAGE_REQUEST_MODE
    reads_all(901),  // GET_BROKER_MEMBER_GROUP
    changes(904),    // BROKER_HEARTBEAT
    reads_all(kGetBrokerHaStatus),
    reads_all(kListDelayedMessages),
    reads_all(kListHalfMessages),
    both(kPopMessage, "consumerGroup", kSub),
    both(kAckMessage, "consumerGroup", kSub),
    both(kPeekMessage, "consumerGroup", kSub),
    both(kChangeMessageInvisibleTime, "consumerGroup", kSub),
    both(kNotification, "consumerGroup", kSub),
    both(kPollingInfo, "consumerGroup", kGet),
    body(kBatchAckMessage),
};
static_assert(std::ranges::is_sorted(kTable, {}, &RequestRow::code) &&
              std::ranges::adjacent_find(kTable, {}, &RequestRow::code) == kTable.end());

}  // namespace

std::span<const RequestRow> request_table() { return kTable; }

const RequestRow* find_row(std::int32_t code) {
  const auto* row = std::ranges::lower_bound(kTable, code, {}, &RequestRow::code);
  return row != kTable.end() && row->code == code ? row : nullptr;
}

}  // namespace mq::acl
