#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mq/model/names.hpp"

namespace mq::broker {

// The revive queue that receipts of an orderly pop name.
inline constexpr std::int32_t kPopOrderReviveQueue = 999;

// Where messages of `topic` go that a group popped and did not acknowledge in time: "%RETRY%group_topic".
std::string pop_retry_topic(std::string_view group, std::string_view topic);
// '0' an ordinary topic; '1' and '2' a retry topic, whose name joins group and topic with '_' or '+'.
char pop_retry_flag(std::string_view topic);
// The topic that a flag and the ordinary topic stand for; nothing when there is no such flag.
std::optional<std::string> pop_real_topic(std::string_view flag, std::string_view group,
                                          std::string_view topic);

// What a consumer shows to acknowledge a popped message or to keep it longer: the property POP_CK and the
// field extraInfo, eight fields with a blank between them (rocketmq-wire.md 4.11).
struct PopReceipt {
  QueueOffset start;  // of its pop in this queue
  std::int64_t pop_ms = 0;
  std::int64_t invisible_ms = 0;
  std::int32_t revive_queue = 0;
  char retry_flag = '0';
  std::string broker;
  std::int32_t queue = 0;
  QueueOffset offset;

  [[nodiscard]] bool in_order() const { return revive_queue == kPopOrderReviveQueue; }
  friend bool operator==(const PopReceipt&, const PopReceipt&) = default;
};
std::string format_pop_receipt(const PopReceipt& receipt);
// Nothing when the text is no receipt. Requests name queue and offset themselves, so that seven fields will
// do; then `offset` equals `start`. Further fields are a proxy's own.
std::optional<PopReceipt> parse_pop_receipt(std::string_view text);

}  // namespace mq::broker
