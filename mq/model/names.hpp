#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mq/base/strong.hpp"

namespace mq {

using LogOffset = base::Strong<struct LogOffsetTag, std::int64_t>;      // byte position in the commit log
using QueueOffset = base::Strong<struct QueueOffsetTag, std::int64_t>;  // message number in one queue

// The only arithmetic offsets need, spelled out.
constexpr LogOffset advance(LogOffset at, std::size_t bytes) {
  return LogOffset{at.value() + static_cast<std::int64_t>(bytes)};
}
constexpr QueueOffset next(QueueOffset at) { return QueueOffset{at.value() + 1}; }

// One queue of one topic on one broker: where a message stands.
struct QueueId {
  std::string topic;
  std::int32_t queue = 0;
  friend auto operator<=>(const QueueId&, const QueueId&) = default;
};

// The same with the broker's name: what clients and admin tools call a message queue.
struct MessageQueue {
  std::string topic;
  std::string broker;
  std::int32_t queue = 0;
  friend auto operator<=>(const MessageQueue&, const MessageQueue&) = default;
};

inline constexpr std::string_view kRetryPrefix = "%RETRY%";
inline constexpr std::string_view kDeadLetterPrefix = "%DLQ%";
inline std::string retry_topic(std::string_view group) { return std::string(kRetryPrefix).append(group); }
inline std::string dead_letter_topic(std::string_view group) {
  return std::string(kDeadLetterPrefix).append(group);
}

inline constexpr std::string_view kScheduleTopic = "SCHEDULE_TOPIC_XXXX";       // the 18 delay levels
inline constexpr std::string_view kTimerTopic = "rmq_sys_wheel_timer";          // arbitrary delays
inline constexpr std::string_view kHalfTopic = "RMQ_SYS_TRANS_HALF_TOPIC";      // undecided half messages
inline constexpr std::string_view kParkedTopic = "TRANS_CHECK_MAX_TIME_TOPIC";  // those never decided
inline constexpr std::string_view kAutoCreateTopic = "TBW102";  // template of auto-created topics

// Bits of a topic's permission.
namespace perm {
inline constexpr int kInherit = 1;
inline constexpr int kWrite = 2;
inline constexpr int kRead = 4;
}  // namespace perm

// Limits of rocketmq-wire.md 3.5; stock clients enforce the same.
inline constexpr std::size_t kBodySizeMax = std::size_t{4} << 20;
inline constexpr std::size_t kPropertiesSizeMax = 32767;
inline constexpr std::size_t kTopicLengthMax = 127;
inline constexpr std::size_t kSystemTopicLengthMax = 255;  // %RETRY%… and %DLQ%…
inline constexpr std::size_t kGroupLengthMax = 255;

// ^[%|a-zA-Z0-9_-]+$ and not longer than the kind of topic allows.
bool is_valid_topic(std::string_view topic);
bool is_valid_group(std::string_view group);

// Topics of the broker's own that no client may send to (code 16).
bool is_forbidden_send_target(std::string_view topic);

// Java's String.hashCode() over UTF-16 units of UTF-8 `tag`: what queue entries are filtered by. 0 for "".
std::int64_t tag_hash(std::string_view tag);

}  // namespace mq
