#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/result.hpp"
#include "mq/protocol/command.hpp"

namespace mq::protocol {

// The fields of SendMessageRequest decoded in place: views into the frame, or into `scratch` for values
// that carry JSON escapes. For the broker's hot path: a dozen fields, usually no allocation.
// Lives as long as the frame, the CommandView and `scratch` stay untouched.
struct SendMessageView {
  std::string_view producer_group;
  std::string_view topic;
  std::string_view default_topic;
  std::int32_t default_topic_queue_nums = 0;
  std::int32_t queue = 0;
  std::int32_t sys_flag = 0;
  std::int64_t born_ms = 0;
  std::int32_t flag = 0;
  std::string_view properties;  // real \x01 and \x02
  std::int32_t reconsume_times = 0;
  bool unit_mode = false;
  bool batch = false;
  std::optional<std::int32_t> max_reconsume_times;
  std::string_view broker;
};

// Takes the short names for 310, 320 and 325, the long ones for any other code. `scratch` is overwritten;
// keep it between calls, its capacity is what saves the allocation. Errors as decode_header().
base::Result<> decode_send(const CommandView& command, SendMessageView& into, std::string& scratch,
                           std::string* problem = nullptr);

}  // namespace mq::protocol
