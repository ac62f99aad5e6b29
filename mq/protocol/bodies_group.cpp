#include "mq/protocol/bodies_group.hpp"

#include "mq/protocol/body_codec.hpp"

namespace mq::protocol {

MQ_INSTANTIATE_BODY(SubscriptionData);
MQ_INSTANTIATE_BODY(ConsumerData);
MQ_INSTANTIATE_BODY(ProducerData);
MQ_INSTANTIATE_BODY(HeartbeatData);
MQ_INSTANTIATE_BODY(ConsumerIds);
MQ_INSTANTIATE_BODY(LockBatchRequest);
MQ_INSTANTIATE_BODY(LockBatchResponse);
MQ_INSTANTIATE_BODY(CheckClientRequest);
MQ_INSTANTIATE_BODY(QueryAssignmentRequest);
MQ_INSTANTIATE_BODY(QueueAssignment);
MQ_INSTANTIATE_BODY(QueryAssignmentResponse);
MQ_INSTANTIATE_BODY(SubscriptionGroupConfig);
MQ_INSTANTIATE_BODY(SubscriptionGroupWrapper);
MQ_INSTANTIATE_BODY(SubscriptionGroupList);
MQ_INSTANTIATE_BODY(GroupForbidden);
MQ_INSTANTIATE_BODY(ConsumerOffsetTable);
MQ_INSTANTIATE_BODY(QueryCorrectionOffsetBody);

}  // namespace mq::protocol
