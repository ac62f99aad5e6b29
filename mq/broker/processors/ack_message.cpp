#include "mq/broker/processors/ack_message.hpp"

#include <algorithm>
#include <string>

#include "mq/base/base64.hpp"
#include "mq/broker/pop/receipt.hpp"

namespace mq::broker {
namespace {

constexpr std::int64_t kInvisibleMaxMs = std::int64_t{30} * 24 * 3600 * 1000;
// A pop gives at most 32 messages; a filter may have passed over many between them.
constexpr std::size_t kBitSetMax = 8192;
constexpr std::int64_t kOffsetMax = std::int64_t{1} << 62;

Verdict check(const AckShared& shared, const QueueId& queue, QueueOffset offset, bool end_too) {
  const auto* topic = shared.topics.find(queue.topic);
  if (topic == nullptr) {
    return refuse(response_code::kTopicNotExist, "topic[" + queue.topic + "] not exist, apply first please!");
  }
  if (queue.queue < 0 || queue.queue >= topic->read_queues) {
    return refuse(response_code::kMessageIllegal,
                  "queueId[" + std::to_string(queue.queue) + "] is illegal, topic:[" + queue.topic +
                      "] topicConfig.readQueueNums:[" + std::to_string(topic->read_queues) + "]");
  }
  const auto min = shared.store.min_offset(queue);
  const auto max = shared.store.max_offset(queue);
  if (offset < min || offset > max || (offset == max && !end_too)) {
    return refuse(response_code::kNoMessage,
                  "offset is illegal, key:" + queue.topic + "@" + std::to_string(queue.queue) +
                      ", commit:" + std::to_string(offset.value()) +
                      ", store:" + std::to_string(min.value()) + "~" + std::to_string(max.value()));
  }
  return {};
}

Verdict no_receipt() {
  return refuse(response_code::kSystemError, "extraInfo is not the receipt of a popped message");
}

// Those whom this message held back may look again.
void acknowledge(const AckShared& shared, const PopLedger::Held& held) {
  const bool was_full = shared.ledger.full(held.group, held.queue);
  if (!shared.ledger.acknowledge(held)) return;
  if (was_full || held.in_order) shared.pops.wake(held.group, held.queue);
}

}  // namespace

Answer<> AckMessage::operator()(const Request& request, const Caller&) {
  const QueueId queue{request.topic, request.queue};
  const QueueOffset offset{request.offset};
  auto refused = check(shared_, queue, offset, true);
  if (refused.code != response_code::kSuccess) return refused;
  const auto receipt = parse_pop_receipt(request.extra_info);
  if (!receipt) return no_receipt();
  acknowledge(shared_, {request.consumer_group, queue, offset, receipt->pop_ms, receipt->in_order()});
  return done();
}

Answer<> BatchAckMessage::operator()(const Request& request, const Caller&) {
  if (request.body.acks.empty()) return refuse(response_code::kNoMessage, "nothing to acknowledge");
  for (const auto& batch : request.body.acks) acknowledge(batch);
  return done();
}

void BatchAckMessage::acknowledge(const protocol::BatchAck& batch) {
  const auto topic = pop_real_topic(batch.retry_flag, batch.consumer_group, batch.topic);
  const auto bits = base::from_base64(batch.offsets);
  if (!topic || !bits || bits->size() > kBitSetMax) return;
  if (batch.start_offset < 0 || batch.start_offset > kOffsetMax) return;
  const QueueId queue{*topic, batch.queue};
  for (std::size_t bit = 0; bit < bits->size() * 8; ++bit) {
    if ((static_cast<unsigned char>((*bits)[bit / 8]) >> bit % 8 & 1U) == 0) continue;
    const QueueOffset offset{batch.start_offset + static_cast<std::int64_t>(bit)};
    broker::acknowledge(shared_, {batch.consumer_group, queue, offset, batch.pop_ms,
                                  batch.revive_queue == kPopOrderReviveQueue});
  }
}

Answer<ChangeInvisibleTime::Response> ChangeInvisibleTime::operator()(const Request& request, const Caller&) {
  const QueueId queue{request.topic, request.queue};
  const QueueOffset offset{request.offset};
  auto refused = check(shared_, queue, offset, false);
  if (refused.code != response_code::kSuccess) return refused;
  const auto receipt = parse_pop_receipt(request.extra_info);
  if (!receipt) return no_receipt();
  const auto now_ms = shared_.ledger.now_ms();
  const auto invisible_ms = std::clamp(request.invisible_ms, std::int64_t{0}, kInvisibleMaxMs);
  const PopLedger::Held held{request.consumer_group, queue, offset, receipt->pop_ms, receipt->in_order()};
  if (!shared_.ledger.change(held, now_ms, now_ms + invisible_ms)) {
    return refuse(response_code::kNoMessage,
                  "the message is not invisible under this receipt: it was acknowledged or comes again");
  }
  Response response;
  // Messages popped in order keep the time of their pop: it names them all.
  response.pop_ms = receipt->in_order() ? receipt->pop_ms : now_ms;
  response.invisible_ms = now_ms + invisible_ms - response.pop_ms;
  response.revive_queue = receipt->revive_queue;
  return response;
}

}  // namespace mq::broker
