#include "mq/load/sends.hpp"

namespace mq::load {

Sends::Sends(const SendSpec& spec, std::int32_t good_code, std::uint64_t limit, DueTimes due)
    : spec_(spec), good_code_(good_code), left_(limit), due_ms_(due.first_ms, due.last_ms) {
  for (int queue = 0; queue < spec.queues; ++queue) by_queue_.emplace_back(send_request(spec, queue));
}

bool Sends::request(const Ask& ask, base::Bytes& out) {
  constexpr std::int64_t kNsInMs = 1'000'000;
  if (left_ == 0) return false;
  --left_;
  Numbers numbers{.serial = next_ % kSerials, .stamp_ns = ask.stamp_ns};
  if (spec_.delayed) {
    numbers.due_ms = due_ms_(random_);
    numbers.stamp_ns = numbers.due_ms * kNsInMs;
  }
  by_queue_[next_ % by_queue_.size()].append_to(out, ask.opaque, numbers);
  ++next_;
  return true;
}

void Sends::answer(std::size_t, const AnswerHead& head, base::BytesView, Brought& brought) {
  const auto messages = static_cast<std::uint64_t>(spec_.batch);
  if (head.code != good_code_) {
    brought.refused += messages;
    return;
  }
  brought.messages += messages;
  brought.payload += messages * spec_.body_size;
}

}  // namespace mq::load
