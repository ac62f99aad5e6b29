#include "mq/apps/tool_processors.hpp"

namespace mq::apps {

ToolProcessors::ToolProcessors(BrokerState& s)
    : create_topics_(s.topics, s.waits, s.slices),
      create_groups_(s.groups, s.waits, s.slices),
      all_offsets_(s.offsets),
      correction_offsets_(s.offsets, s.store),
      resume_half_message_(s.store, s.writer, s.waits),
      group_forbidden_(s.groups, s.waits) {}

void ToolProcessors::add_to(broker::Router& router) {
  router.add(create_topics_);
  router.add(create_groups_);
  router.add(all_offsets_);
  router.add(correction_offsets_);
  router.add(resume_half_message_);
  router.add(group_forbidden_);
}

}  // namespace mq::apps
