#include "mq/broker/processors/send_back.hpp"

#include <algorithm>

#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {
// Attempts are counted by the client that sent the message, which may claim any number.
constexpr std::int32_t kTimesMax = 1'000'000;
}  // namespace

MessageWriter::Written SendBack::write_copy(const Request& request, const Record& original,
                                            const SendTargets::Target& target) {
  auto record = original;
  record.topic = target.topic->topic;
  record.queue = target.queue;
  record.store_host = store_host_;
  const auto times = std::clamp(original.reconsume_times, 0, kTimesMax);
  record.reconsume_times = times + 1;
  properties_.assign(original.properties);
  if (!find_property(original.properties, property::kRetryTopic)) {
    set_property(properties_, property::kRetryTopic, original.topic);
  }
  if (!find_property(original.properties, property::kOriginMessageId)) {
    set_property(properties_, property::kOriginMessageId,
                 MessageIds(original.store_host).of(original.log_offset));
  }
  set_property(properties_, property::kWait, "false");
  remove_property(properties_, property::kDelayLevel);
  // Left in, these would move the copy into the timer topic.
  remove_property(properties_, property::kTimerDelaySec);
  remove_property(properties_, property::kTimerDelayMs);
  remove_property(properties_, property::kTimerDeliverMs);
  DelayWish delay;
  std::string level;
  if (!target.dead_letter) {
    level = std::to_string(request.delay_level > 0 ? request.delay_level : 3 + times);
    delay.level = level;
  }
  return shared_.writer.write(record, properties_, delay, MessageWriter::Source{.at = original.log_offset});
}

void SendBack::operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply) {
  const auto known = shared_.groups.find_or_create(request.group);
  if (known.group == nullptr) return reply(known.refused);
  const auto& group = *known.group;
  if (group.retry_queues <= 0) return reply(done());  // the group wants no retries
  record_.clear();
  const auto read = shared_.store.read_record(LogOffset{request.log_offset}, record_);
  const auto decoded = read ? decode_record(record_) : base::Result<DecodedRecord>(read.error());
  if (!decoded) {
    return reply(refuse(response_code::kSystemError,
                        "look message by offset failed, " + std::to_string(request.log_offset)));
  }
  const auto& original = decoded->record;
  // The copy goes where the group reads: it must not fetch what the group may not.
  if (!caller.may(original.topic, acl::action::kSub)) {
    return reply(refuse(response_code::kNoPermission, "the message is of a topic you may not consume"));
  }
  const auto times_max = request.max_reconsume_times.value_or(group.retry_max_times);
  const bool dead = original.reconsume_times >= times_max || request.delay_level < 0;
  const auto target = dead ? shared_.targets.dead_letters(group.group) : shared_.targets.retries(group);
  if (target.refused.code != response_code::kSuccess) return reply(target.refused);
  const auto written = write_copy(request, original, target);
  if (written.refused.code != response_code::kSuccess) return reply(written.refused);
  ++shared_.stats.totals.send_back;
  const auto counted = find_property(original.properties, property::kRetryTopic);
  shared_.stats.sent_back(group.group, counted.value_or(original.topic));
  shared_.waits.when_durable(written.appended.end, [reply] { reply(done()); });
}

}  // namespace mq::broker
