#pragma once
#include "mq/apps/broker_state.hpp"
#include "mq/broker/processors/tool_lists.hpp"
#include "mq/broker/router.hpp"

namespace mq::apps {

// What only tools ask, and rarely.
class ToolProcessors {
 public:
  explicit ToolProcessors(BrokerState& state);
  void add_to(broker::Router& router);

 private:
  broker::CreateTopicList create_topics_;
  broker::CreateGroupList create_groups_;
  broker::AllConsumerOffsets all_offsets_;
  broker::CorrectionOffsets correction_offsets_;
  broker::ResumeHalfMessage resume_half_message_;
  broker::GroupForbidden group_forbidden_;
};

}  // namespace mq::apps
