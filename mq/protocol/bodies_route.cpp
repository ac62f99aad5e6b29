#include "mq/protocol/bodies_route.hpp"

#include "mq/protocol/body_codec.hpp"

namespace mq::protocol {

MQ_INSTANTIATE_BODY(QueueData);
MQ_INSTANTIATE_BODY(BrokerData);
MQ_INSTANTIATE_BODY(TopicRouteData);
MQ_INSTANTIATE_BODY(ClusterInfo);
MQ_INSTANTIATE_BODY(TopicList);
MQ_INSTANTIATE_BODY(GroupList);
MQ_INSTANTIATE_BODY(KVTable);
MQ_INSTANTIATE_BODY(DataVersion);
MQ_INSTANTIATE_BODY(TopicConfig);
MQ_INSTANTIATE_BODY(TopicConfigList);
MQ_INSTANTIATE_BODY(TopicConfigSerializeWrapper);
MQ_INSTANTIATE_BODY(RegisterBrokerBody);
MQ_INSTANTIATE_BODY(BrokerMemberGroupBody);

}  // namespace mq::protocol
