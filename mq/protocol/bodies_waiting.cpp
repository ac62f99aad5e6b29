#include "mq/protocol/bodies_waiting.hpp"

#include "mq/protocol/body_codec.hpp"

namespace mq::protocol {

MQ_INSTANTIATE_BODY(DelayedMessage);
MQ_INSTANTIATE_BODY(DelayedMessages);
MQ_INSTANTIATE_BODY(HalfMessage);
MQ_INSTANTIATE_BODY(HalfMessages);

}  // namespace mq::protocol
