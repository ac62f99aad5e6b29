#include "mq/broker/waiting_sends.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/protocol/ext_text.hpp"
#include "mq/protocol/response_fields.hpp"

namespace mq::broker {

namespace {

constexpr std::size_t kFields = 7;
constexpr std::size_t kNameMax = 16;

std::size_t size_max(const SendAnswer& answer) {
  std::size_t size = kFields * (protocol::ExtText::kFieldRoom + kNameMax);
  for (const std::string_view text :
       {std::string_view(answer.message_id), std::string_view(answer.transaction_id),
        std::string_view(answer.recall_handle), kRegion}) {
    size += protocol::quoted_size_max(text.size());
  }
  return size;
}

std::string_view put_fields(char* room, const SendAnswer& answer) {
  protocol::ExtText fields(room);
  fields.text<"msgId">(answer.message_id);
  fields.number<"queueId">(answer.queue);
  fields.number<"queueOffset">(answer.queue_offset.value());
  fields.text<"MSG_REGION">(kRegion);
  fields.text<"TRACE_ON">("true");
  if (!answer.transaction_id.empty()) fields.text<"transactionId">(answer.transaction_id);
  if (!answer.recall_handle.empty()) fields.text<"recallHandle">(answer.recall_handle);
  return fields.finish();
}

}  // namespace

// Written by hand, field by field: the one answer whose cost counts.
void answer_send(const net::Reply& reply, const SendAnswer& answer) {
  if (reply.oneway) return;
  std::array<char, 2048> room;
  std::string large;
  const auto size = size_max(answer);
  if (size > room.size()) large.resize(size);
  protocol::ResponseView response;
  response.code = response_code::kSuccess;
  response.ext_text = put_fields(large.empty() ? room.data() : large.data(), answer);
  reply(response);
}

void refuse_send(const net::Reply& reply, const Verdict& verdict) {
  protocol::ResponseFields fields;
  fields.text("MSG_REGION", kRegion);
  fields.text("TRACE_ON", "true");
  protocol::ResponseView response;
  response.code = verdict.code;
  response.remark = verdict.remark;
  response.ext = fields.view();
  reply(response);
}

SendAnswer& WaitingSends::push(LogOffset end, const net::Reply& reply) {
  if (count_ == ring_.size()) grow();
  const auto mask = ring_.size() - 1;
  BASE_ASSERT(count_ == 0 || ring_[(first_ + count_ - 1) & mask].end <= end,
              "appends end in ascending order");
  auto& slot = ring_[(first_ + count_) & mask];
  ++count_;
  slot.end = end;
  slot.reply = reply;
  slot.answer.recall_handle.clear();
  return slot.answer;
}

void WaitingSends::release(LogOffset durable) {
  while (count_ > 0 && ring_[first_].end <= durable) {
    const auto& slot = ring_[first_];
    answer_send(slot.reply, slot.answer);
    first_ = (first_ + 1) & (ring_.size() - 1);
    --count_;
  }
}

void WaitingSends::grow() {
  std::vector<Slot> larger(ring_.empty() ? 64 : ring_.size() * 2);
  for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(ring_[(first_ + i) & (ring_.size() - 1)]);
  ring_ = std::move(larger);
  first_ = 0;
}

}  // namespace mq::broker
