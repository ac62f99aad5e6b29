#include "mq/protocol/send_message_view.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include "mq/protocol/codes.hpp"
#include "mq/protocol/field_text.hpp"
#include "mq/protocol/json_text.hpp"

namespace mq::protocol {
namespace {

// Index is the distance of the short name from 'a'.
constexpr std::array<std::string_view, 14> kLongNames{
    "producerGroup", "topic", "defaultTopic", "defaultTopicQueueNums", "queueId",  "sysFlag",
    "bornTimestamp", "flag",  "properties",   "reconsumeTimes",        "unitMode", "maxReconsumeTimes",
    "batch",         "bname"};
constexpr std::size_t kRequired = 8;  // the first ones

bool has_short_names(std::int32_t code) {
  return code == request_code::kSendMessageV2 || code == request_code::kSendBatchMessage ||
         code == request_code::kSendReplyMessageV2;
}

std::size_t index_of(std::string_view key, bool short_names) {
  if (!short_names) return static_cast<std::size_t>(std::ranges::find(kLongNames, key) - kLongNames.begin());
  if (key.size() != 1 || key[0] < 'a') return kLongNames.size();
  return static_cast<std::size_t>(key[0] - 'a');
}

// A number without a sign that surely fits: one pass over its digits decides.
template <class Int>
bool take_number(std::string_view value, Int& number) {
  constexpr auto kSurelyFit = static_cast<std::size_t>(std::numeric_limits<Int>::digits10);
  if (value.empty() || value.size() > kSurelyFit) return parse_field(value, number);
  Int sum = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return parse_field(value, number);
    sum = sum * 10 + (c - '0');
  }
  number = sum;
  return true;
}

bool take(std::size_t index, std::string_view value, SendMessageView& into) {
  switch (index) {
    case 0:
      into.producer_group = value;
      return true;
    case 1:
      into.topic = value;
      return true;
    case 2:
      into.default_topic = value;
      return true;
    case 3:
      return take_number(value, into.default_topic_queue_nums);
    case 4:
      return take_number(value, into.queue);
    case 5:
      return take_number(value, into.sys_flag);
    case 6:
      return take_number(value, into.born_ms);
    case 7:
      return take_number(value, into.flag);
    case 8:
      into.properties = value;
      return true;
    case 9:
      return take_number(value, into.reconsume_times);
    case 10:
      return parse_field(value, into.unit_mode);
    case 11:
      return value.empty() || parse_field(value, into.max_reconsume_times.emplace());
    case 12:
      return parse_field(value, into.batch);
    default:
      into.broker = value;
      return true;
  }
}

// How much room the unescaped values need.
std::size_t scratch_size(const CommandView& command) {
  std::size_t size = 0;
  for (const FieldView& field : command.ext()) {
    if (field.escaped) size += field.value.size();
  }
  return size == 0 ? 0 : size + kUnescapeSlack;
}

// Fills `into`, with unescaped values laid out from `memory` on. Returns the problem, or nothing.
std::string take_all(const CommandView& command, SendMessageView& into, char* memory) {
  const bool short_names = has_short_names(command.code);
  unsigned seen = 0;
  for (const FieldView& field : command.ext()) {
    const std::size_t index = index_of(field.key, short_names);
    if (index >= kLongNames.size()) continue;
    std::string_view value = field.value;
    if (field.escaped) {
      char* const end = unescape(memory, value);
      if (end == nullptr) return std::string(field.key).append(" has a broken escape");
      value = {memory, static_cast<std::size_t>(end - memory)};
      memory = end;
    }
    if (!take(index, value, into)) return bad_field(field.key, value);
    seen |= 1U << index;
  }
  constexpr unsigned kAll = (1U << kRequired) - 1U;
  if ((seen & kAll) == kAll) return {};
  for (std::size_t i = 0; i < kRequired; ++i) {
    if ((seen >> i & 1U) == 0) return missing_field(kLongNames[i]);
  }
  return {};
}

}  // namespace

base::Result<> decode_send(const CommandView& command, SendMessageView& into, std::string& scratch,
                           std::string* problem) {
  into = {};
  std::string found;
  scratch.clear();
  scratch.resize_and_overwrite(scratch_size(command), [&](char* memory, std::size_t size) {
    found = take_all(command, into, memory);
    return size;
  });
  if (found.empty()) return {};
  if (problem != nullptr) *problem = std::move(found);
  return make_error_code(boost::system::errc::invalid_argument);
}

}  // namespace mq::protocol
