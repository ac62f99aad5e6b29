#pragma once
#include "mq/base/bytes.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/pull_reader.hpp"
#include "mq/protocol/headers_pull.hpp"

namespace mq::broker {

using PullReply = ReplyTo<protocol::PullMessageResponse>;

// The response code of a look into a queue (the table of rocketmq-wire.md 4.5). `asked` is the offset the
// client sent: an empty queue is "nothing yet" at 0 and a wrong offset anywhere else.
std::int32_t code_of(const PullResult& result, QueueOffset asked);
void answer_pull(const PullReply& reply, const PullResult& result, QueueOffset asked,
                 base::BytesView records);

}  // namespace mq::broker
