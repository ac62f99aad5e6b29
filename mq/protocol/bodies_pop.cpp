#include "mq/protocol/bodies_pop.hpp"

#include "mq/protocol/body_codec.hpp"

namespace mq::protocol {

MQ_INSTANTIATE_BODY(SetMessageRequestModeRequest);
MQ_INSTANTIATE_BODY(BatchAck);
MQ_INSTANTIATE_BODY(BatchAckMessageRequest);

}  // namespace mq::protocol
