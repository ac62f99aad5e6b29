#pragma once
#include <cstdint>

// Requests of our own about what a broker keeps back; a genuine broker answers that it does not know them
// (docs/compatibility.md).
namespace mq::protocol {

namespace request_code {
inline constexpr std::int32_t kListDelayedMessages = 30001;
inline constexpr std::int32_t kListHalfMessages = 30002;
}  // namespace request_code

// The answer's body is DelayedMessages: what is due next, behind (after_due_ms, after_offset) if given.
struct ListDelayedMessagesRequest {
  static constexpr std::int32_t kCode = request_code::kListDelayedMessages;
  std::int32_t count = 100;
  std::int64_t after_due_ms = -1;
  std::int64_t after_offset = -1;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("count", self.count);
    v.optional("afterDueTime", self.after_due_ms);
    v.optional("afterOffset", self.after_offset);
  }
};

// The answer's body is HalfMessages: undecided ones, oldest first, behind after_offset.
struct ListHalfMessagesRequest {
  static constexpr std::int32_t kCode = request_code::kListHalfMessages;
  std::int32_t count = 100;
  std::int64_t after_offset = -1;

  template <class Self, class V>
  static void visit(Self& self, V& v) {
    v.optional("count", self.count);
    v.optional("afterOffset", self.after_offset);
  }
};

}  // namespace mq::protocol
