#pragma once
#include <memory>

#include "mq/apps/broker_config.hpp"
#include "mq/apps/broker_state.hpp"
#include "mq/broker/processors/ack_message.hpp"
#include "mq/broker/processors/broker_config.hpp"
#include "mq/broker/processors/broker_stats.hpp"
#include "mq/broker/processors/consume_stats.hpp"
#include "mq/broker/processors/consume_time_span.hpp"
#include "mq/broker/processors/consumer_offset.hpp"
#include "mq/broker/processors/end_transaction.hpp"
#include "mq/broker/processors/group_admin.hpp"
#include "mq/broker/processors/heartbeat.hpp"
#include "mq/broker/processors/listings.hpp"
#include "mq/broker/processors/pop_message.hpp"
#include "mq/broker/processors/pull_message.hpp"
#include "mq/broker/processors/query_assignment.hpp"
#include "mq/broker/processors/query_consume_queue.hpp"
#include "mq/broker/processors/queue_lock.hpp"
#include "mq/broker/processors/queue_offsets.hpp"
#include "mq/broker/processors/recall_message.hpp"
#include "mq/broker/processors/relay.hpp"
#include "mq/broker/processors/reset_offset.hpp"
#include "mq/broker/processors/runtime_info.hpp"
#include "mq/broker/processors/send_back.hpp"
#include "mq/broker/processors/send_message.hpp"
#include "mq/broker/processors/send_reply.hpp"
#include "mq/broker/processors/store_upkeep.hpp"
#include "mq/broker/processors/topic_admin.hpp"
#include "mq/broker/processors/topic_stats.hpp"
#include "mq/broker/processors/view_message.hpp"
#include "mq/broker/processors/waiting.hpp"
#include "mq/broker/router.hpp"
#include "mq/model/unique_id.hpp"

namespace mq::apps {

class ToolProcessors;

// What the broker can do: one processor for each family of request codes.
class BrokerProcessors {
 public:
  // `store_host` is written into records and message ids.
  BrokerProcessors(const BrokerConfig& config, BrokerState& state, const base::Clock& clock,
                   const Host& store_host, broker::DiskUse disk_use, const broker::AskClient& ask);

  ~BrokerProcessors();
  BrokerProcessors(const BrokerProcessors&) = delete;
  BrokerProcessors& operator=(const BrokerProcessors&) = delete;

  [[nodiscard]] broker::Router& router() { return router_; }
  [[nodiscard]] const broker::Router& router() const { return router_; }

 private:
  void register_all();
  void allow_changes(const BrokerConfig& config, BrokerState& state);

  UniqueIds unique_ids_;
  broker::SendMessage send_message_;
  broker::SendReply send_reply_;
  broker::RecallMessage recall_message_;
  broker::EndTransaction end_transaction_;
  broker::SendBack send_back_;
  broker::PullMessage pull_message_;
  broker::PopMessage pop_message_;
  broker::PeekMessage peek_message_;
  broker::Notification notification_;
  broker::PollingInfo polling_info_;
  broker::AckMessage ack_message_;
  broker::BatchAckMessage batch_ack_message_;
  broker::ChangeInvisibleTime change_invisible_time_;
  broker::QueryConsumerOffset query_offset_;
  broker::UpdateConsumerOffset update_offset_;
  broker::GetMaxOffset max_offset_;
  broker::GetMinOffset min_offset_;
  broker::SearchOffset search_offset_;
  broker::GetEarliestStoreTime earliest_;
  broker::ViewMessage view_message_;
  broker::QueryMessage query_message_;
  broker::Heartbeat heartbeat_;
  broker::UnregisterClient unregister_;
  broker::ConsumerList consumer_list_;
  broker::CheckClientConfig check_client_;
  broker::LockQueues lock_;
  broker::UnlockQueues unlock_;
  broker::QueryAssignment assignment_;
  broker::SetMessageRequestMode set_request_mode_;
  broker::CreateTopic create_topic_;
  broker::DeleteTopic delete_topic_;
  broker::GetTopicConfig topic_config_;
  broker::GetAllTopicConfig all_topics_;
  broker::CreateGroup create_group_;
  broker::DeleteGroup delete_group_;
  broker::GetGroupConfig group_config_;
  broker::GetAllGroupConfig all_groups_;
  broker::TopicStats topic_stats_;
  broker::ConsumeStats consume_stats_;
  broker::BrokerConsumeStats broker_consume_stats_;
  broker::BrokerStats broker_stats_;
  broker::QueryConsumeQueue consume_queue_;
  broker::ListDelayed list_delayed_;
  broker::ListHalf list_half_;
  broker::CleanUp clean_up_;
  broker::HaStatus ha_status_;
  broker::ConsumerConnections consumer_connections_;
  broker::ProducerConnections producer_connections_;
  broker::AllProducers all_producers_;
  broker::SubscriptionOfGroup subscription_of_group_;
  broker::SystemTopics system_topics_;
  broker::ConsumeTimeSpan consume_time_span_;
  broker::GroupsOfTopic groups_of_topic_;
  broker::TopicsOfGroup topics_of_group_;
  broker::ResetOffset reset_offset_;
  broker::CloneOffsets clone_offsets_;
  broker::ConsumerRunningInfo running_info_;
  broker::ConsumeDirectly consume_directly_;
  broker::ConsumerStatus consumer_status_;
  broker::RuntimeInfo runtime_info_;
  broker::RuntimeConfig runtime_config_;
  broker::BrokerConfigText broker_config_;
  broker::UpdateBrokerConfig update_config_;
  std::unique_ptr<ToolProcessors> tools_;
  broker::Router router_;
};

}  // namespace mq::apps
