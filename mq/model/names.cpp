#include "mq/model/names.hpp"

#include <algorithm>
#include <array>

namespace mq {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '%' || c == '|' ||
         c == '_' || c == '-';
}

bool is_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

constexpr char32_t kReplacement = 0xfffd;

struct CodePoint {
  char32_t value = kReplacement;
  std::size_t size = 1;  // bytes taken
};

// Decodes as Java does: a broken sequence becomes one U+FFFD for the part of it that could have begun a
// good one.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  if (length == 0) return {};
  char32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {kReplacement, i};
    value = (value << 6) | (byte(i) & 0x3fU);
    low = 0x80;
    high = 0xbf;
  }
  return {value, length};
}

}  // namespace

bool is_valid_topic(std::string_view topic) {
  const bool system = topic.starts_with(kRetryPrefix) || topic.starts_with(kDeadLetterPrefix);
  return topic.size() <= (system ? kSystemTopicLengthMax : kTopicLengthMax) && is_name(topic);
}

bool is_valid_group(std::string_view group) {
  // Its retry topic must be a topic, too.
  static_assert(kSystemTopicLengthMax <= kGroupLengthMax);
  return group.size() + kRetryPrefix.size() <= kSystemTopicLengthMax && is_name(group);
}

bool is_forbidden_send_target(std::string_view topic) {
  // rocketmq-wire.md 3.5, and the timer topic, where a message without a due time would lie for ever.
  static constexpr std::array<std::string_view, 7> kForbidden{
      kScheduleTopic, kTimerTopic,       kHalfTopic,           "RMQ_SYS_TRANS_OP_HALF_TOPIC",
      kParkedTopic,   "SELF_TEST_TOPIC", "OFFSET_MOVED_EVENT",
  };
  return std::ranges::find(kForbidden, topic) != kForbidden.end();
}

std::int64_t tag_hash(std::string_view tag) {
  std::uint32_t hash = 0;
  const auto* const plain_end =
      std::ranges::find_if(tag, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  for (const auto* at = tag.begin(); at != plain_end; ++at)
    hash = hash * 31 + static_cast<unsigned char>(*at);
  tag.remove_prefix(static_cast<std::size_t>(plain_end - tag.begin()));
  while (!tag.empty()) {
    const CodePoint point = first_code_point(tag);
    if (point.value < 0x10000) {
      hash = hash * 31 + static_cast<std::uint32_t>(point.value);
    } else {
      const std::uint32_t above = static_cast<std::uint32_t>(point.value) - 0x10000;
      hash = hash * 31 + (0xd800U + (above >> 10));
      hash = hash * 31 + (0xdc00U + (above & 0x3ffU));
    }
    tag.remove_prefix(point.size);
  }
  return static_cast<std::int32_t>(hash);
}

}  // namespace mq
