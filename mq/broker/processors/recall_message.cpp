#include "mq/broker/processors/recall_message.hpp"

#include <limits>

#include "mq/model/properties.hpp"

namespace mq::broker {
namespace {

constexpr std::size_t kSameKeyMax = 100;  // messages that share one unique key

Verdict illegal(std::string_view why) {
  return refuse(response_code::kIllegalOperation, "recall failed, " + std::string(why));
}

}  // namespace

std::optional<LogOffset> RecallMessage::find(const RecallHandle& handle) const {
  const auto found = shared_.store.find_key(kTimerTopic, handle.unique_key, 0,
                                            std::numeric_limits<std::int64_t>::max(), kSameKeyMax);
  if (!found) return std::nullopt;
  for (const auto at : *found) {
    base::Bytes bytes;
    if (!shared_.store.read_record(at, bytes)) continue;
    const auto decoded = decode_record(bytes);
    if (!decoded) continue;
    const auto& properties = decoded->record.properties;
    if (find_property(properties, property::kUniqueKey) == handle.unique_key &&
        find_property(properties, property::kRealTopic) == handle.topic &&
        find_property(properties, property::kTimerOutMs) == std::to_string(handle.due_ms)) {
      return at;
    }
  }
  return std::nullopt;
}

void RecallMessage::operator()(const Request& request, const Caller&, const ReplyTo<Response>& reply) {
  if (!allowed_) return reply(refuse(response_code::kNoPermission, "recall failed, operation is forbidden"));
  if (shared_.topics.find(request.topic) == nullptr) {
    return reply(
        refuse(response_code::kTopicNotExist, "recall failed, the topic[" + request.topic + "] not exist"));
  }
  const auto handle = decode_recall_handle(request.recall_handle);
  if (!handle) return reply(illegal("the handle is none"));
  if (handle->topic != request.topic) return reply(illegal("topic not match"));
  if (handle->broker != broker_) return reply(illegal("the message is on broker " + handle->broker));
  if (handle->due_ms <= base::to_millis(shared_.clock.now())) return reply(illegal("the message is due"));
  const auto timer = find(*handle);
  if (!timer) return reply(illegal("no such message waits"));
  const auto stored = shared_.recalls.add(*timer);
  if (!stored) return reply(cannot_store(stored.error()));
  shared_.waits.when_durable(*stored, [reply, key = handle->unique_key] { reply(Response{key}); });
}

}  // namespace mq::broker
