#include "mq/broker/processors/send_message.hpp"

#include "mq/broker/recall_handle.hpp"
#include "mq/model/batch.hpp"
#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

// The broker keeps what says how to read the body; transaction and address bits are its own to set.
constexpr std::int32_t kNeedUnwrap = 0x40;
constexpr std::int32_t kTrustedFlags =
    sys_flag::kCompressed | sys_flag::kMultiTags | sys_flag::kCompressionMask | kNeedUnwrap;

void set_brokers_own(std::string& properties, const std::string& cluster) {
  set_property(properties, property::kRegion, kRegion);
  set_property(properties, property::kTraceOn, "true");
  set_property(properties, property::kCluster, cluster);
}

}  // namespace

SendMessage::SendMessage(SendTargets& targets, MessageWriter& writer, WaitingSends& waiting,
                         UniqueIds& unique_ids, SendOptions options)
    : targets_(targets),
      writer_(writer),
      waiting_(waiting),
      unique_ids_(unique_ids),
      ids_(options.store_host),
      options_(std::move(options)) {
  set_brokers_own(brokers_own_, options_.cluster);
}

void SendMessage::operator()(const SendRequest& request, const Caller& caller,
                             const ReplyTo<Response>& reply) {
  const auto& header = request.header;
  const auto target = targets_.find(header);
  if (target.refused.code != response_code::kSuccess) return refuse_send(reply.raw(), target.refused);
  if (request.body.size() > kBodySizeMax) {
    // The genuine broker's codes: 13 for a message, 1 for a batch.
    return refuse_send(reply.raw(),
                       refuse(header.batch ? response_code::kSystemError : response_code::kMessageIllegal,
                              "the body is larger than 4194304 bytes"));
  }
  auto known = scan_properties(header.properties);
  // A retry that a client sends by itself may still say that its original was transactional.
  known.half &= !(header.reconsume_times > 0 && known.delay.level) && !target.dead_letter;
  if (known.half && header.batch) {
    return refuse_send(reply.raw(),
                       refuse(response_code::kMessageIllegal, "a batch cannot be a half message"));
  }
  if (known.half && !find_property(header.properties, property::kProducerGroup)) {
    return refuse_send(reply.raw(), refuse(response_code::kMessageIllegal,
                                           "a half message must name its producer group: PGROUP"));
  }
  Record record;
  record.queue = target.queue;
  record.flag = header.flag;
  record.sys_flag = header.sys_flag & kTrustedFlags;
  record.born_ms = header.born_ms;
  record.born_host = caller.peer.remote;
  record.store_host = options_.store_host;
  record.reconsume_times = header.reconsume_times;
  record.topic = target.topic->topic;
  header.batch ? send_batch(request, known, target, record, reply.raw())
               : send_one(request, known, target, record, reply.raw());
}

void SendMessage::send_one(const SendRequest& request, const SendProperties& known,
                           const SendTargets::Target& target, Record record, const net::Reply& reply) {
  record.body = request.body;
  properties_.assign(request.header.properties);
  if (!properties_.empty() && properties_.back() != '\x02') properties_.push_back('\x02');
  if (known.pop_checkpoint) remove_property(properties_, property::kPopCheckpoint);
  std::string made_key;
  if (!known.unique_key) made_key = unique_ids_.next();
  const auto unique_key = known.unique_key ? *known.unique_key : std::string_view(made_key);
  if (!known.unique_key) set_property(properties_, property::kUniqueKey, made_key);
  if (known.has_brokers_own) {
    set_brokers_own(properties_, options_.cluster);
  } else {
    properties_.append(brokers_own_);
  }
  DelayWish delay = known.delay;
  if (target.dead_letter) {
    delay = {};
    remove_property(properties_, property::kDelayLevel);
  }
  const auto written =
      known.half ? writer_.write_half(record, properties_) : writer_.write(record, properties_, delay);
  if (written.refused.code != response_code::kSuccess) return refuse_send(reply, written.refused);
  auto& answer = known.answered_early() ? early_ : waiting_.push(written.appended.end, reply);
  answer.message_id.clear();
  ids_.append(answer.message_id, written.appended.at);
  answer.transaction_id.assign(unique_key);
  answer.queue = target.queue;
  answer.queue_offset = written.appended.queue_offset;
  answer.recall_handle.clear();
  if (options_.recall && written.timer_out_ms > 0) {
    answer.recall_handle = encode_recall_handle(
        {std::string(record.topic), options_.broker, written.timer_out_ms, std::string(unique_key)});
  }
  if (known.answered_early()) answer_send(reply, answer);
}

// The messages keep their own properties and get none of ours, as upstream stores them.
void SendMessage::send_batch(const SendRequest& request, const SendProperties& known,
                             const SendTargets::Target& target, Record record, const net::Reply& reply) {
  if (target.topic->topic.starts_with(kRetryPrefix) || target.dead_letter ||
      target.topic->topic.size() > kTopicLengthMax) {
    return refuse_send(reply, refuse(response_code::kMessageIllegal,
                                     "a batch cannot go to topic[" + target.topic->topic + "]"));
  }
  const auto items = decode_batch(request.body);
  if (!items) {
    return refuse_send(reply, refuse(response_code::kMessageIllegal, "the batch's body cannot be decoded"));
  }
  records_.assign(items->size(), record);
  for (std::size_t i = 0; i < items->size(); ++i) {
    records_[i].flag = (*items)[i].flag;
    records_[i].body = (*items)[i].body;
    records_[i].properties = (*items)[i].properties;
  }
  const auto refused = writer_.write_all(records_, appended_);
  if (refused.code != response_code::kSuccess) return refuse_send(reply, refused);
  early_.message_id.clear();
  early_.recall_handle.clear();
  early_.transaction_id.assign(known.unique_key.value_or(""));
  early_.queue = target.queue;
  early_.queue_offset = appended_.front().queue_offset;
  for (const auto& appended : appended_) {
    if (!early_.message_id.empty()) early_.message_id.push_back(',');
    ids_.append(early_.message_id, appended.at);
  }
  if (known.answered_early()) return answer_send(reply, early_);
  waiting_.push(appended_.back().end, reply) = early_;
}

}  // namespace mq::broker
