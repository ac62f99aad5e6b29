#include "mq/broker/pop/popper.hpp"

#include <algorithm>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"

namespace mq::broker {
namespace {

// One pop in five looks at the retries first, so that they are not starved by a busy topic; as upstream.
constexpr std::uint32_t kRetriesFirstEvery = 5;

bool is_retry(const QueueId& queue) { return queue.topic.starts_with(kRetryPrefix); }

void append_row(std::string& rows, const QueueId& queue, std::string_view text) {
  if (!rows.empty()) rows.append(";");
  rows.append(1, pop_retry_flag(queue.topic)).append(" ").append(text);
}

// "qo<queue>%<offset> times" for each message that was popped before, then "queue times" of the fewest.
void append_order_counts(std::string& rows, const QueueId& queue, const OrderedBatch& batch) {
  auto fewest = batch.items().front().times;
  for (const auto& item : batch.items()) {
    fewest = std::min(fewest, item.times);
    if (item.times == 0) continue;
    append_row(rows, queue,
               "qo" + std::to_string(queue.queue) + "%" + std::to_string(item.offset.value()) + " " +
                   std::to_string(item.times));
  }
  append_row(rows, queue, std::to_string(queue.queue) + " " + std::to_string(fewest));
}

}  // namespace

std::vector<QueueId> Popper::queues_of(const PopQuery& query, std::uint32_t turn) const {
  std::vector<QueueId> queues;
  const auto add = [&](const TopicConfig* topic) {
    if (topic == nullptr) return;
    const auto count = static_cast<std::uint32_t>(std::max(topic->read_queues, 0));
    for (std::uint32_t i = 0; i < count; ++i) {
      queues.push_back({topic->topic, static_cast<std::int32_t>((turn + i) % count)});
    }
  };
  const auto* retries =
      query.in_order ? nullptr : shared_.topics.find(pop_retry_topic(query.group, query.topic));
  const bool retries_first = turn % kRetriesFirstEvery == 0;
  if (retries_first) add(retries);
  if (query.queue >= 0) {
    queues.push_back({query.topic, query.queue});
  } else {
    add(shared_.topics.find(query.topic));
  }
  if (!retries_first) add(retries);
  return queues;
}

// A new group that wants the end begins at the last message, and at the first one while that exists: as
// QUERY_CONSUMER_OFFSET has it (rocketmq-wire.md 4.6).
QueueOffset Popper::fresh_begin(const PopQuery& query, const QueueId& queue) const {
  const auto min = shared_.store.min_offset(queue);
  if (!query.from_end || is_retry(queue) || min == QueueOffset{0}) return min;
  return std::max(min, QueueOffset{shared_.store.max_offset(queue).value() - 1});
}

Popped Popper::pop(const PopQuery& query, base::Bytes& out) {
  Popped popped;
  popped.pop_ms = shared_.ledger.now_ms();
  Attempt attempt{query, popped, out, out.size()};
  for (const auto& queue : queues_of(query, turn_++)) pop_queue(attempt, queue);
  return popped;
}

void Popper::pop_queue(Attempt& attempt, const QueueId& queue) {
  const auto& query = attempt.query;
  auto& ledger = shared_.ledger;
  const auto max = shared_.store.max_offset(queue);
  if (max == QueueOffset{0}) return;
  if (query.in_order && ledger.blocked(query.group, queue, query.attempt)) return;

  PullQuery pull;
  pull.group = query.group;
  pull.queue = queue;
  const auto fresh = fresh_begin(query, queue);
  const bool enough = attempt.popped.count >= query.count_max ||
                      attempt.out.size() - attempt.out_start >= PullReader::kBytesMax;
  if (enough || (!query.in_order && ledger.full(query.group, queue))) {
    const auto from = ledger.peek(query.group, queue, fresh);
    attempt.popped.rest += std::max<std::int64_t>(0, max.value() - from.value());
    return;
  }
  pull.from = query.in_order ? ledger.begin_in_order(query.group, queue, fresh)
                             : ledger.begin(query.group, queue, fresh);
  pull.count_max = query.count_max - attempt.popped.count;
  pull.bytes_max = PullReader::kBytesMax - (attempt.out.size() - attempt.out_start);
  // What was retried matched when it was popped first.
  if (!is_retry(queue)) pull.filter = query.filter;

  const auto records_at = attempt.out.size();
  const auto result = read(attempt, pull);
  if (result.status == PullStatus::unreadable) {
    attempt.popped.unreadable = true;
    return;
  }
  if (result.status == PullStatus::found) {
    served_(pull, result, attempt.out.size() - records_at);
    take(attempt, pull, result, records_at);
  } else if (result.next > pull.from) {
    pass(attempt, queue, result);
  }
  attempt.popped.rest += std::max<std::int64_t>(0, result.max.value() - result.next.value());
}

// Nothing matched, or retention took what was there.
void Popper::pass(Attempt& attempt, const QueueId& queue, const PullResult& result) {
  const auto& query = attempt.query;
  if (query.in_order) {
    shared_.ledger.pass_in_order(query.group, queue, result.next);
  } else {
    shared_.ledger.take(query.group, queue, {}, result.next, 0, 0);
  }
  if (result.next < result.max) attempt.popped.looks_on = true;
}

// An offset outside the queue is put right once: retention took its messages, or somebody set it there.
PullResult Popper::read(Attempt& attempt, PullQuery& pull) {
  const auto result = shared_.reader.read(pull, attempt.out);
  const bool outside =
      result.status == PullStatus::offset_too_small || result.status == PullStatus::offset_overflow_badly;
  if (!outside || !shared_.offsets.commit(pull.group, pull.queue, result.next)) return result;
  pull.from = attempt.query.in_order ? shared_.ledger.begin_in_order(pull.group, pull.queue, result.next)
                                     : shared_.ledger.begin(pull.group, pull.queue, result.next);
  return shared_.reader.read(pull, attempt.out);
}

void Popper::take(Attempt& attempt, const PullQuery& pull, const PullResult& result, std::size_t records_at) {
  const auto& query = attempt.query;
  offsets_.clear();
  for (auto at = records_at; at < attempt.out.size();) {
    const auto* const record = attempt.out.data() + at;
    offsets_.push_back(QueueOffset{base::load_big<std::int64_t>(record + kRecordQueueOffsetAt)});
    at += static_cast<std::size_t>(base::load_big<std::int32_t>(record));
  }
  BASE_ASSERT(offsets_.size() == result.count, "each record found has an offset");
  auto& popped = attempt.popped;
  const auto visible_ms = popped.pop_ms + query.invisible_ms;
  if (query.in_order) {
    const auto& batch = shared_.ledger.take_in_order(query.group, pull.queue, query.attempt, offsets_,
                                                     popped.pop_ms, visible_ms);
    append_order_counts(popped.order_counts, pull.queue, batch);
  } else {
    shared_.ledger.take(query.group, pull.queue, offsets_, result.next, popped.pop_ms, visible_ms);
  }
  popped.count += result.count;
  const auto number = std::to_string(pull.queue.queue);
  append_row(popped.start_offsets, pull.queue, number + " " + std::to_string(pull.from.value()));
  std::string list;
  for (const auto offset : offsets_) {
    if (!list.empty()) list.append(",");
    list.append(std::to_string(offset.value()));
  }
  append_row(popped.message_offsets, pull.queue, number + " " + list);
  if (is_retry(pull.queue)) disguise(attempt, pull.queue, pull.from, records_at);
}

void Popper::disguise(Attempt& attempt, const QueueId& queue, QueueOffset start, std::size_t records_at) {
  scratch_.assign(attempt.out.begin() + static_cast<std::ptrdiff_t>(records_at), attempt.out.end());
  attempt.out.resize(records_at);
  PopReceipt receipt{start,
                     attempt.popped.pop_ms,
                     attempt.query.invisible_ms,
                     0,
                     pop_retry_flag(queue.topic),
                     broker_,
                     queue.queue,
                     {}};
  for (base::BytesView left(scratch_); !left.empty();) {
    const auto decoded = decode_record(left);
    BASE_ASSERT(decoded, "the store gives whole records back");
    auto record = decoded->record;
    receipt.offset = record.queue_offset;
    std::string properties(record.properties);
    set_property(properties, property::kPopCheckpoint, format_pop_receipt(receipt));
    // Where the receipt does not fit, the client makes it itself, of the retry topic's name.
    if (properties.size() <= kPropertiesSizeMax) {
      record.properties = properties;
      record.topic = attempt.query.topic;
    }
    const auto at = attempt.out.size();
    attempt.out.resize(at + encoded_size(record));
    encode_record(record, attempt.out.data() + at);
    left = left.subspan(decoded->size);
  }
}

Popped Popper::peek(const PopQuery& query, base::Bytes& out) {
  Popped popped;
  popped.pop_ms = shared_.ledger.now_ms();
  for (const auto& queue : queues_of(query, turn_++)) {
    if (shared_.store.max_offset(queue) == QueueOffset{0}) continue;
    PullQuery pull;
    pull.queue = queue;
    pull.from = shared_.ledger.peek(query.group, queue, shared_.store.min_offset(queue));
    popped.rest += std::max<std::int64_t>(0, shared_.store.max_offset(queue).value() - pull.from.value());
    if (popped.count >= query.count_max || out.size() >= PullReader::kBytesMax) continue;
    pull.count_max = query.count_max - popped.count;
    pull.bytes_max = PullReader::kBytesMax - out.size();
    auto result = shared_.reader.read(pull, out);
    if (result.status == PullStatus::offset_too_small) {
      pull.from = result.next;
      result = shared_.reader.read(pull, out);
    }
    popped.count += result.count;
  }
  return popped;
}

bool Popper::has_messages(const PopQuery& query) const {
  return std::ranges::any_of(queues_of(query, 0), [&](const QueueId& queue) {
    if (query.in_order && shared_.ledger.blocked(query.group, queue, query.attempt)) return false;
    const auto from = shared_.ledger.peek(query.group, queue, shared_.store.min_offset(queue));
    return from < shared_.store.max_offset(queue);
  });
}

}  // namespace mq::broker
