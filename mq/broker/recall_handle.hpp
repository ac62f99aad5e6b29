#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mq::broker {

// What a producer shows to take a timer message back (rocketmq-wire.md 4.8): base64url of the text
// "v1 topic broker time unique-key". The time is the message's TIMER_OUT_MS and one.
struct RecallHandle {
  std::string topic;
  std::string broker;
  std::int64_t due_ms = 0;
  std::string unique_key;
  friend bool operator==(const RecallHandle&, const RecallHandle&) = default;
};
std::string encode_recall_handle(const RecallHandle& handle);
// Nothing when the text is no such handle.
std::optional<RecallHandle> decode_recall_handle(std::string_view text);

}  // namespace mq::broker
