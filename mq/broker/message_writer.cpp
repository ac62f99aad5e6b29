#include "mq/broker/message_writer.hpp"

#include "mq/broker/real_target.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

Verdict verdict_of(storage::Refused refused) {
  switch (refused) {
    case storage::Refused::none:
      return {};
    case storage::Refused::too_large:
      return refuse(response_code::kMessageIllegal, "a message or batch does not fit a segment of the log");
    case storage::Refused::disk_full:
      return refuse(response_code::kServiceNotAvailable,
                    "service not available now: the disk is full, over its quota or "
                    "read-only: free some space");
    case storage::Refused::busy:
      return refuse(response_code::kSystemBusy,
                    "[PC_SYNCHRONIZED]broker busy, start flow control for a while");
    case storage::Refused::shutting_down:
      return refuse(response_code::kServiceNotAvailable, "service not available now: shutting down");
  }
  return refuse(response_code::kSystemError, "unknown store status");
}

void count_refusal(Totals& totals, storage::Refused refused) {
  ++totals.put_failed;
  if (refused == storage::Refused::too_large) ++totals.put_too_large;
  if (refused == storage::Refused::disk_full) ++totals.put_disk_full;
  if (refused == storage::Refused::busy) ++totals.put_busy;
  if (refused == storage::Refused::shutting_down) ++totals.put_shutting_down;
}

Verdict properties_too_long() {
  return refuse(response_code::kMessageIllegal, "the properties are longer than 32767 bytes");
}

}  // namespace

void MessageWriter::count(const Record& record, std::string_view counted_topic) {
  const auto bytes = record.body.size() + record.properties.size();
  ++stats_.totals.put_messages;
  stats_.totals.put_bytes += bytes;
  if (counted_topic.starts_with(kDeadLetterPrefix)) ++stats_.totals.dead_letters;
  stats_.put(counted_topic, bytes);
}

Verdict MessageWriter::write_all(std::span<const Record> records, std::vector<storage::Appended>& appended) {
  const auto refused = store_.append_all(records, base::to_millis(clock_.now()), appended);
  if (refused != storage::Refused::none) {
    count_refusal(stats_.totals, refused);
    return verdict_of(refused);
  }
  for (const auto& record : records) count(record, record.topic);
  return {};
}

MessageWriter::Written MessageWriter::append(Record& record, const std::string& properties,
                                             std::string_view counted_topic,
                                             const storage::MessageStore::AppendExtra& extra) {
  if (properties.size() > kPropertiesSizeMax) return {properties_too_long(), {}, 0};
  record.properties = properties;
  const auto appended = store_.append(record, base::to_millis(clock_.now()), extra);
  if (appended.refused != storage::Refused::none) {
    count_refusal(stats_.totals, appended.refused);
    return {verdict_of(appended.refused), {}, 0};
  }
  count(record, counted_topic);
  return {{}, appended, 0};
}

MessageWriter::Written MessageWriter::write_half(Record record, std::string& properties) {
  set_real_target(properties, record.topic, record.queue);
  const auto key = find_property(properties, property::kUniqueKey);
  if (key) set_property(properties, property::kTransactionId, std::string(*key));
  record.sys_flag &= ~sys_flag::kTransactionMask;
  record.topic = kHalfTopic;
  record.queue = 0;
  auto written = append(record, properties, kHalfTopic, {.half = true});
  if (written.refused.code == response_code::kSuccess) checks_.add(written.appended.at);
  return written;
}

MessageWriter::Written MessageWriter::write(Record record, std::string& properties, const DelayWish& wish,
                                            std::optional<Source> source) {
  const auto real_topic = record.topic;
  storage::MessageStore::AppendExtra extra;
  if (source) extra.body_at = source->at;
  if (source) extra.half_origin = source->decides;
  std::int64_t timer_out_ms = 0;
  if (wish.any()) {
    const auto plan = plan_delay(wish, options_.levels, base::to_millis(clock_.now()), options_.timer_max_ms);
    if (plan.refused.code != response_code::kSuccess) return {plan.refused, {}, 0};
    if (plan.due_ms > 0) {
      set_real_target(properties, record.topic, record.queue);
      extra.timer_due_ms = plan.due_ms;
      record.topic = plan.timer ? kTimerTopic : kScheduleTopic;
      record.queue = plan.timer ? 0 : plan.level - 1;
    }
    if (plan.timer) {
      timer_out_ms = plan.due_ms;
      set_property(properties, property::kTimerOutMs, std::to_string(plan.due_ms));
    } else if (plan.level > 0) {
      // The level wins: a timer property left in would delay the delivered message once more.
      set_property(properties, property::kDelayLevel, std::to_string(plan.level));
      remove_property(properties, property::kTimerDelaySec);
      remove_property(properties, property::kTimerDelayMs);
      remove_property(properties, property::kTimerDeliverMs);
    }
  }
  auto written = append(record, properties, real_topic, extra);
  const bool waits = written.refused.code == response_code::kSuccess && extra.timer_due_ms.has_value();
  if (waits) {
    timers_.add(written.appended.timer_due_ms, written.appended.at);
    stats_.delays.add(static_cast<double>((*extra.timer_due_ms - record.born_ms) / 1000));
  }
  written.timer_out_ms = timer_out_ms;
  return written;
}

}  // namespace mq::broker
