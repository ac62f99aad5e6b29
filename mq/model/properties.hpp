#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mq {

// Message properties travel and rest as one string: `key \x01 value \x02` repeated
// (rocketmq-wire.md 3.3). These functions work on that string in place of a map, because the hot
// path looks up two or three of a dozen.

namespace property {
inline constexpr std::string_view kTags = "TAGS";
inline constexpr std::string_view kKeys = "KEYS";
inline constexpr std::string_view kWait = "WAIT";
inline constexpr std::string_view kDelayLevel = "DELAY";
inline constexpr std::string_view kUniqueKey = "UNIQ_KEY";
inline constexpr std::string_view kRetryTopic = "RETRY_TOPIC";
inline constexpr std::string_view kReconsumeTime = "RECONSUME_TIME";
inline constexpr std::string_view kMaxReconsumeTimes = "MAX_RECONSUME_TIMES";
inline constexpr std::string_view kRealTopic = "REAL_TOPIC";
inline constexpr std::string_view kRealQueueId = "REAL_QID";
inline constexpr std::string_view kOriginMessageId = "ORIGIN_MESSAGE_ID";
inline constexpr std::string_view kTransaction = "TRAN_MSG";
inline constexpr std::string_view kProducerGroup = "PGROUP";
inline constexpr std::string_view kTransactionId = "__transactionId__";
inline constexpr std::string_view kCheckTimes = "TRANSACTION_CHECK_TIMES";
inline constexpr std::string_view kCheckImmunitySec = "CHECK_IMMUNITY_TIME_IN_SECONDS";
inline constexpr std::string_view kReplyToClient = "REPLY_TO_CLIENT";
inline constexpr std::string_view kPushReplyTime = "PUSH_REPLY_TIME";
inline constexpr std::string_view kRegion = "MSG_REGION";
inline constexpr std::string_view kTraceOn = "TRACE_ON";
inline constexpr std::string_view kCluster = "CLUSTER";
inline constexpr std::string_view kPopCheckpoint = "POP_CK";
inline constexpr std::string_view kFirstPopTime = "1ST_POP_TIME";
inline constexpr std::string_view kShardingKey = "__SHARDINGKEY";
inline constexpr std::string_view kTimerDelaySec = "TIMER_DELAY_SEC";
inline constexpr std::string_view kTimerDelayMs = "TIMER_DELAY_MS";
inline constexpr std::string_view kTimerDeliverMs = "TIMER_DELIVER_MS";
inline constexpr std::string_view kTimerOutMs = "TIMER_OUT_MS";
inline constexpr std::string_view kTimerEnqueueMs = "TIMER_ENQUEUE_MS";
inline constexpr std::string_view kTimerDequeueMs = "TIMER_DEQUEUE_MS";
}  // namespace property

// The value of `key`, or nothing. An item with an empty value or without a separator does not exist.
std::optional<std::string_view> find_property(std::string_view properties, std::string_view key);

// Sets or replaces; an empty value removes, because stock decoders choke on one.
// Pre: neither key nor value contains \x01 or \x02.
void set_property(std::string& properties, std::string_view key, std::string_view value);
void remove_property(std::string& properties, std::string_view key);

// All items, for tools and clients. A repeated key: the last wins.
std::map<std::string, std::string> parse_properties(std::string_view properties);
std::string format_properties(const std::map<std::string, std::string>& items);

}  // namespace mq
