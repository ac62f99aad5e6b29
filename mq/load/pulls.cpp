#include "mq/load/pulls.hpp"

#include <stdexcept>

#include "mq/base/assert.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers_pull.hpp"

namespace mq::load {
namespace {

namespace codes = protocol::response_code;
constexpr std::int64_t kHoldMs = 15'000;

}  // namespace

protocol::Command pull_request(const PullSpec& spec, std::int32_t queue, std::int64_t offset) {
  protocol::PullMessageRequest header;
  header.consumer_group = spec.group;
  header.topic = spec.topic;
  header.queue = queue;
  header.queue_offset = offset;
  header.max_count = spec.count_max;
  header.sys_flag = protocol::pull_flag::kSubscription | (spec.follows ? protocol::pull_flag::kSuspend : 0);
  header.subscription = "*";
  header.suspend_ms = spec.follows ? kHoldMs : 0;
  return protocol::make_request(header);
}

Pulls::Pulls(const PullSpec& spec, std::size_t connections, Arrivals* arrivals)
    : spec_(spec), arrivals_(arrivals), shares_(connections) {
  BASE_ASSERT(!spec.follows || connections == static_cast<std::size_t>(spec.queues), "a queue a connection");
  for (std::int32_t queue = 0; queue < spec.queues; ++queue) {
    shares_[static_cast<std::size_t>(queue) % connections].queues.push_back({queue});
  }
}

bool Pulls::request(const Ask& ask, base::Bytes& out) {
  auto& share = shares_.at(ask.connection);
  for (std::size_t tried = 0; tried < share.queues.size(); ++tried) {
    share.asked = (share.asked + 1) % share.queues.size();
    const auto& queue = share.queues[share.asked];
    if (queue.at_end) continue;
    // A request stands for hundreds of messages: encoding it anew is no burden.
    FrameTemplate(pull_request(spec_, queue.number, queue.offset)).append_to(out, ask.opaque);
    return true;
  }
  return false;
}

void Pulls::answer(std::size_t connection, const AnswerHead& head, base::BytesView frame, Brought& brought) {
  auto& share = shares_.at(connection);
  auto& queue = share.queues[share.asked];
  const bool nothing_yet = head.code == codes::kPullNotFound || head.code == codes::kPullRetryImmediately;
  if (nothing_yet && !spec_.follows) {
    queue.at_end = true;
    return;
  }
  protocol::CommandView view;
  if (!protocol::decode(frame, view)) throw std::runtime_error("an answer cannot be decoded");
  const auto header = protocol::decode_header<protocol::PullMessageResponse>(view, nullptr);
  if ((head.code != codes::kSuccess && !nothing_yet) || !header) {
    ++brought.refused;
    queue.at_end = true;
    return;
  }
  const auto count = static_cast<std::uint64_t>(header->next_begin_offset - queue.offset);
  queue.offset = header->next_begin_offset;
  queue.at_end = !spec_.follows && queue.offset >= header->max_offset;
  if (arrivals_ != nullptr) arrivals_->see(base::text_of(frame), now_ns());
  brought.messages += count;
  brought.payload += count * spec_.body_size;
  ++answered_;
  bytes_ += frame.size();
}

}  // namespace mq::load
