#include "mq/protocol/bodies_admin.hpp"

#include "mq/protocol/body_codec.hpp"

namespace mq::protocol {

MQ_INSTANTIATE_BODY(TopicOffset);
MQ_INSTANTIATE_BODY(TopicStatsTable);
MQ_INSTANTIATE_BODY(ConsumeOffset);
MQ_INSTANTIATE_BODY(ConsumeStats);
MQ_INSTANTIATE_BODY(ConsumeStatsList);
MQ_INSTANTIATE_BODY(Connection);
MQ_INSTANTIATE_BODY(ConsumerConnection);
MQ_INSTANTIATE_BODY(ProducerConnection);
MQ_INSTANTIATE_BODY(ProducerInfo);
MQ_INSTANTIATE_BODY(ProducerTableInfo);
MQ_INSTANTIATE_BODY(ResetOffsetBody);
MQ_INSTANTIATE_BODY(QueueAndOffset);
MQ_INSTANTIATE_BODY(ResetOffsetList);
MQ_INSTANTIATE_BODY(ConsumerStatus);
MQ_INSTANTIATE_BODY(QuerySubscriptionBody);
MQ_INSTANTIATE_BODY(QueueTimeSpan);
MQ_INSTANTIATE_BODY(ConsumeTimeSpans);
MQ_INSTANTIATE_BODY(BrokerStatsItem);
MQ_INSTANTIATE_BODY(BrokerStatsData);
MQ_INSTANTIATE_BODY(HaRuntimeInfo);
MQ_INSTANTIATE_BODY(ConsumeQueueData);
MQ_INSTANTIATE_BODY(QueryConsumeQueueBody);

}  // namespace mq::protocol
