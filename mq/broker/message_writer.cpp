#include "mq/broker/message_writer.hpp"

#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

Verdict verdict_of(storage::Refused refused) {
  switch (refused) {
    case storage::Refused::none:
      return {};
    case storage::Refused::too_large:
      return refuse(response_code::kMessageIllegal, "the message is larger than a segment of the log");
    case storage::Refused::disk_full:
      return refuse(response_code::kServiceNotAvailable,
                    "service not available now: the disk is full, free some space");
    case storage::Refused::busy:
      return refuse(response_code::kSystemBusy,
                    "[PC_SYNCHRONIZED]broker busy, start flow control for a while");
    case storage::Refused::shutting_down:
      return refuse(response_code::kServiceNotAvailable, "service not available now: shutting down");
  }
  return refuse(response_code::kSystemError, "unknown store status");
}

Verdict properties_too_long() {
  return refuse(response_code::kMessageIllegal, "the properties are longer than 32767 bytes");
}

}  // namespace

MessageWriter::Written MessageWriter::append(const Record& record, std::string_view counted_topic,
                                             const storage::MessageStore::AppendExtra& extra) {
  Written written;
  written.appended = store_.append(record, base::to_millis(clock_.now()), extra);
  if (written.appended.refused != storage::Refused::none) {
    ++stats_.totals.put_failed;
    written.refused = verdict_of(written.appended.refused);
    return written;
  }
  const auto bytes = record.body.size() + record.properties.size();
  ++stats_.totals.put_messages;
  stats_.totals.put_bytes += bytes;
  if (counted_topic.starts_with(kDeadLetterPrefix)) ++stats_.totals.dead_letters;
  auto& topic = stats_.topic(counted_topic);
  ++topic.messages_in;
  topic.bytes_in += bytes;
  return written;
}

MessageWriter::Written MessageWriter::write(const Record& record) {
  if (record.properties.size() > kPropertiesSizeMax) return {properties_too_long(), {}};
  return append(record, record.topic, {});
}

MessageWriter::Written MessageWriter::write(Record record, std::string& properties, const DelayWish& wish) {
  const auto real_topic = record.topic;
  storage::MessageStore::AppendExtra extra;
  if (wish.any()) {
    const auto plan = plan_delay(wish, options_.levels, base::to_millis(clock_.now()), options_.timer_max_ms);
    if (plan.refused.code != response_code::kSuccess) return {plan.refused, {}};
    if (plan.due_ms > 0) {
      set_property(properties, property::kRealTopic, real_topic);
      set_property(properties, property::kRealQueueId, std::to_string(record.queue));
      extra.timer_due_ms = plan.due_ms;
      record.topic = plan.timer ? kTimerTopic : kScheduleTopic;
      record.queue = plan.timer ? 0 : plan.level - 1;
    }
    if (plan.timer) {
      set_property(properties, property::kTimerOutMs, std::to_string(plan.due_ms));
    } else if (plan.level > 0) {
      // The level wins: a timer property left in would delay the delivered message once more.
      set_property(properties, property::kDelayLevel, std::to_string(plan.level));
      remove_property(properties, property::kTimerDelaySec);
      remove_property(properties, property::kTimerDelayMs);
      remove_property(properties, property::kTimerDeliverMs);
    }
  }
  if (properties.size() > kPropertiesSizeMax) return {properties_too_long(), {}};
  record.properties = properties;
  auto written = append(record, real_topic, extra);
  if (written.refused.code == response_code::kSuccess && extra.timer_due_ms) {
    timers_.add(written.appended.timer_due_ms, written.appended.at);
  }
  return written;
}

}  // namespace mq::broker
