#include "mq/load/transactions.hpp"

#include <stdexcept>
#include <utility>

#include "mq/model/record.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_send.hpp"

namespace mq::load {
namespace {

SendSpec as_half(SendSpec spec) {
  spec.half = true;
  return spec;
}

}  // namespace

Transactions::Transactions(SendSpec spec, std::size_t in_flight, std::uint64_t limit)
    : spec_(as_half(std::move(spec))),
      halves_(spec_, protocol::response_code::kSuccess, limit),
      stored_(in_flight),
      committing_(in_flight) {}

bool Transactions::goes_on(std::int32_t opaque) const {
  return stored_.at(static_cast<std::size_t>(opaque)).has_value();
}

bool Transactions::request(const Ask& ask, base::Bytes& out) {
  const auto slot = static_cast<std::size_t>(ask.opaque);
  const auto half = std::exchange(stored_.at(slot), std::nullopt);
  committing_[slot] = half.has_value();
  if (!half) return halves_.request(ask, out);
  protocol::EndTransactionRequest header;
  header.topic = spec_.topic;
  header.producer_group = "bench-producer";
  header.state_table_offset = half->queue_offset;
  header.log_offset = half->log_offset;
  header.decision = protocol::EndTransactionRequest::kCommit;
  FrameTemplate(protocol::make_request(header)).append_to(out, ask.opaque);
  return true;
}

void Transactions::answer(std::size_t, const AnswerHead& head, base::BytesView frame, Brought& brought) {
  const auto slot = static_cast<std::size_t>(head.opaque);
  if (head.code != protocol::response_code::kSuccess) {
    ++brought.refused;
    return;
  }
  if (committing_.at(slot)) {
    ++brought.messages;
    brought.payload += spec_.body_size;
    return;
  }
  protocol::CommandView view;
  if (!protocol::decode(frame, view)) throw std::runtime_error("an answer cannot be decoded");
  const auto receipt = protocol::decode_header<protocol::SendMessageResponse>(view, nullptr);
  const auto id = receipt ? parse_offset_message_id(receipt->msg_id) : std::nullopt;
  if (!id) throw std::runtime_error("the answer to a half message does not say where it lies");
  stored_[slot] = Half{id->at.value(), receipt->queue_offset};
}

}  // namespace mq::load
