#include "bench/mq/traffic.hpp"

#include <stdexcept>

#include "bench/mq/sockets.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_pull.hpp"

namespace bench {
namespace {

namespace protocol = mq::protocol;
constexpr std::uint64_t kSerials = 100'000'000;  // as many as eight digits can say

protocol::PullMessageRequest pull_header(std::size_t queue, std::int64_t offset, int count_max) {
  protocol::PullMessageRequest header;
  header.consumer_group = "bench-consumer";
  header.topic = kTopic;
  header.queue = static_cast<std::int32_t>(queue);
  header.queue_offset = offset;
  header.max_count = count_max;
  header.sys_flag = protocol::pull_flag::kSubscription;
  header.subscription = "*";
  header.suspend_ms = 0;
  return header;
}

}  // namespace

const std::string kTopic = "bench";

std::size_t FramedTraffic::answers(std::size_t connection, base::BytesView received, Brought& brought,
                                   const Answered& answered) {
  return each_frame(received, [&](base::BytesView frame) {
    const auto head = head_of(frame);
    if (!head) throw std::runtime_error("an answer does not look like one");
    answer(connection, *head, frame, brought);
    answered(head->opaque);
  });
}

Sends::Sends(std::int32_t good_code, std::uint64_t limit) : good_code_(good_code), left_(limit) {
  for (int queue = 0; queue < kQueues; ++queue) {
    by_queue_.emplace_back(send_request(kTopic, queue, kBodySize));
  }
}

bool Sends::request(std::size_t, std::int32_t opaque, base::Bytes& out) {
  if (left_ == 0) return false;
  --left_;
  by_queue_[next_ % kQueues].append_to(out, opaque, next_ % kSerials);
  ++next_;
  return true;
}

void Sends::answer(std::size_t, const AnswerHead& head, base::BytesView, Brought& brought) {
  if (head.code != good_code_) {
    ++brought.refused;
    return;
  }
  ++brought.messages;
  brought.payload += kBodySize;
}

Pulls::Pulls(int count_max) : count_max_(count_max) {}

bool Pulls::request(std::size_t connection, std::int32_t opaque, base::Bytes& out) {
  const auto& queue = queues_.at(connection);
  if (queue.at_end) return false;
  // A request stands for hundreds of messages: encoding it anew is no burden.
  FrameTemplate(protocol::make_request(pull_header(connection, queue.offset, count_max_)))
      .append_to(out, opaque, 0);
  return true;
}

void Pulls::answer(std::size_t connection, const AnswerHead& head, base::BytesView frame, Brought& brought) {
  auto& queue = queues_.at(connection);
  if (head.code == protocol::response_code::kPullNotFound) {
    queue.at_end = true;
    return;
  }
  protocol::CommandView view;
  if (!protocol::decode(frame, view)) throw std::runtime_error("an answer cannot be decoded");
  const auto header = protocol::decode_header<protocol::PullMessageResponse>(view, nullptr);
  if (head.code != protocol::response_code::kSuccess || !header) {
    ++brought.refused;
    queue.at_end = true;
    return;
  }
  const auto count = static_cast<std::uint64_t>(header->next_begin_offset - queue.offset);
  queue.offset = header->next_begin_offset;
  brought.messages += count;
  brought.payload += count * Sends::kBodySize;
  ++answered_;
  bytes_ += frame.size();
}

EchoedPulls::EchoedPulls(int count_max, std::uint64_t messages_per_answer)
    : pull_(protocol::make_request(pull_header(0, 1'000'000, count_max))),
      messages_per_answer_(messages_per_answer) {}

bool EchoedPulls::request(std::size_t, std::int32_t opaque, base::Bytes& out) {
  pull_.append_to(out, opaque, 0);
  return true;
}

void EchoedPulls::answer(std::size_t, const AnswerHead&, base::BytesView, Brought& brought) {
  brought.messages += messages_per_answer_;
  brought.payload += messages_per_answer_ * Sends::kBodySize;
}

}  // namespace bench
