#include "mq/broker/processors/send_reply.hpp"

#include <memory>
#include <string>
#include <utility>

#include "mq/model/properties.hpp"

namespace mq::broker {
struct SendReply::Kept {
  Kept(const SendRequest& request, const Caller& from)
      : producer_group(request.header.producer_group),
        topic(request.header.topic),
        default_topic(request.header.default_topic),
        properties(request.header.properties),
        broker(request.header.broker),
        body(base::text_of(request.body)),
        header(request.header),
        caller{from.peer, {}, from.version} {
    header.producer_group = producer_group;
    header.topic = topic;
    header.default_topic = default_topic;
    header.properties = properties;
    header.broker = broker;
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  std::string producer_group, topic, default_topic, properties, broker, body;
  protocol::SendMessageView header;  // of the strings before
  Caller caller;
};

protocol::Command SendReply::push_of(const Kept& kept) const {
  const auto& header = kept.header;
  protocol::PushReplyMessageToClientRequest push;
  auto& message = push.message;
  message.producer_group = kept.producer_group;
  message.topic = kept.topic;
  message.default_topic = kept.default_topic;
  message.default_topic_queue_nums = header.default_topic_queue_nums;
  message.queue = header.queue;
  message.sys_flag = header.sys_flag;
  message.born_ms = header.born_ms;
  message.flag = header.flag;
  message.properties = kept.properties;
  message.reconsume_times = header.reconsume_times;
  message.unit_mode = header.unit_mode;
  push.store_ms = base::to_millis(shared_.clock.now());
  set_property(message.properties, property::kPushReplyTime, std::to_string(push.store_ms));
  push.born_host = to_string(kept.caller.peer.remote);
  push.store_host = to_string(store_host_);
  return protocol::make_request(push, kept.body);
}

void SendReply::operator()(const SendRequest& request, const Caller& caller, const ReplyTo<Response>& reply) {
  const auto target = shared_.targets.find(request.header);
  if (target.refused.code != response_code::kSuccess) return refuse_send(reply.raw(), target.refused);
  const auto requester = find_property(request.header.properties, property::kReplyToClient);
  if (!requester) {
    return refuse_send(reply.raw(), refuse(response_code::kSystemError,
                                           "the reply does not say who waits for it: REPLY_TO_CLIENT"));
  }
  const auto connection = shared_.clients.find_producer(*requester);
  if (!connection) {
    return refuse_send(reply.raw(),
                       refuse(response_code::kSystemError, "the producer " + std::string(*requester) +
                                                               " that waits for the reply is not online"));
  }
  const auto kept = std::make_shared<const Kept>(request, caller);
  ask_(*connection, push_of(*kept), [this, kept, reply](const protocol::CommandView* answer) {
    if (answer == nullptr || answer->code != response_code::kSuccess) {
      return refuse_send(
          reply.raw(), refuse(response_code::kSystemError, "the producer that waits did not take the reply"));
    }
    shared_.storing({kept->header, base::bytes_of(kept->body)}, kept->caller, reply);
  });
}

}  // namespace mq::broker
