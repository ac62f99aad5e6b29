#include "mq/broker/processors/end_transaction.hpp"

#include "mq/broker/real_target.hpp"
#include "mq/broker/send_properties.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

Verdict wrong(std::string why) { return refuse(response_code::kSystemError, std::move(why)); }

}  // namespace

void EndTransaction::operator()(const Request& request, const Caller& caller,
                                const ReplyTo<Response>& reply) {
  const bool commits = request.decision == Request::kCommit;
  // The producer does not know yet: it will be asked.
  if (!commits && request.decision != Request::kRollback) return reply(done());
  const LogOffset at{request.log_offset};
  record_.clear();
  const auto place = shared_.store.is_undecided(at) ? shared_.store.place_of(at) : at;
  const auto read = shared_.store.read_record(place, record_);
  const auto decoded = read ? decode_record(record_) : base::Result<DecodedRecord>(read.error());
  if (!decoded) return reply(wrong("no half message stands at " + std::to_string(at.value())));
  const auto& half = decoded->record;
  if (auto verdict = check(request, half); verdict.code != response_code::kSuccess) return reply(verdict);
  if (const auto target = real_target(half.properties);
      target && !caller.may(target->topic, acl::action::kPub)) {
    return reply(refuse(response_code::kNoPermission, "the half message is for a topic you may not send to"));
  }
  commits ? commit(at, half, reply) : roll_back(at, reply);
}

Verdict EndTransaction::check(const Request& request, const Record& half) const {
  if (half.topic != kHalfTopic) return wrong("the message at that offset is no half message");
  if (find_property(half.properties, property::kProducerGroup) != request.producer_group) {
    return wrong("the half message belongs to another producer group than " + request.producer_group);
  }
  const LogOffset name{request.log_offset};
  // One that was carried forward has another offset in its queue by now; where it was sent says enough.
  const bool carried = half.log_offset != name;
  if (!carried && half.queue_offset.value() != request.state_table_offset) {
    return wrong("the half message has offset " + std::to_string(half.queue_offset.value()) + ", not " +
                 std::to_string(request.state_table_offset));
  }
  if (!shared_.store.is_undecided(name)) return wrong("the half message was decided before");
  // From then on only the answer to a check decides (upstream's rule).
  const bool guarded = find_property(half.properties, property::kCheckImmunitySec).has_value();
  const auto age = base::to_millis(shared_.clock.now()) - half.born_ms;
  if (guarded && !request.from_check && age > check_immunity(half.properties, timeout_).count()) {
    return refuse(response_code::kIllegalOperation,
                  "the half message is older than its check immunity time; its check decides");
  }
  return {};
}

void EndTransaction::commit(LogOffset at, const Record& half, const ReplyTo<Response>& reply) {
  const auto target = real_target(half.properties);
  if (!target) return reply(wrong("the half message names no topic"));
  auto record = half;
  record.topic = target->topic;
  record.queue = target->queue;
  record.sys_flag = (half.sys_flag & ~sys_flag::kTransactionMask) | sys_flag::kCommitted;
  record.prepared_offset = at.value();
  properties_.assign(half.properties);
  const auto written = shared_.writer.write(record, properties_, scan_properties(half.properties).delay,
                                            MessageWriter::Source{.at = half.log_offset, .decides = at});
  if (written.refused.code != response_code::kSuccess) return reply(written.refused);
  ++shared_.stats.totals.committed;
  const auto age_ms = base::to_millis(shared_.clock.now()) - half.born_ms;
  shared_.stats.decisions.add(static_cast<double>(age_ms / 1000));
  answer_when_durable(written.appended.end, reply);
}

void EndTransaction::roll_back(LogOffset at, const ReplyTo<Response>& reply) {
  const auto end = shared_.store.roll_back(at);
  if (!end) return reply(cannot_store(end.error()));
  ++shared_.stats.totals.rolled_back;
  answer_when_durable(*end, reply);
}

// Stock producers send their decisions one-way.
void EndTransaction::answer_when_durable(LogOffset end, const ReplyTo<Response>& reply) {
  if (reply.raw().oneway) return;
  shared_.waits.when_durable(end, [reply] { reply(done()); });
}

}  // namespace mq::broker
