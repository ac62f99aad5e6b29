#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mq/broker/answer.hpp"
#include "mq/model/names.hpp"
#include "mq/net/server.hpp"

namespace mq::broker {

inline constexpr std::string_view kRegion = "DefaultRegion";

// What a producer is told about a stored message.
struct SendAnswer {
  std::string message_id;  // of a batch: joined with commas
  std::string transaction_id;
  std::int32_t queue = 0;
  QueueOffset queue_offset;
  std::string recall_handle;  // empty: the message cannot be taken back
};
void answer_send(const net::Reply& reply, const SendAnswer& answer);
// A refusal carries MSG_REGION and TRACE_ON too: the Java client dereferences the field map unasked.
void refuse_send(const net::Reply& reply, const Verdict& verdict);

// Sends whose messages are staged or written and not durable yet, oldest first. A ring of slots that
// keep their strings' memory: a send in flight costs no allocation once the ring has grown.
//
// Invariant: ends ascend, because appends do.
// Thread rule: the hot thread.
class WaitingSends {
 public:
  // The slot to fill for a message whose entry ends at `end`. Valid until the next push.
  SendAnswer& push(LogOffset end, const net::Reply& reply);
  // Answers all that are durable.
  void release(LogOffset durable);
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Slot {
    LogOffset end;
    net::Reply reply;
    SendAnswer answer;
  };
  void grow();

  std::vector<Slot> ring_;  // size is a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace mq::broker
