#pragma once
#include <memory>
#include <vector>

#include "mq/apps/broker_state.hpp"
#include "mq/base/result.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/topic_table.hpp"

namespace mq::apps {

// What stays when the broker is reset under the feet of its clients: who is connected, the groups that
// connected consumers are members of, and what those have subscribed, empty. Their clients know the routes
// and would ask for them again only after half a minute.
class StaysConnected {
 public:
  explicit StaysConnected(BrokerState& old);
  // Into a state that is loaded. An error: the log does not take it.
  base::Result<> move_into(BrokerState& fresh);

 private:
  broker::ClientRegistry clients_;
  std::vector<broker::GroupConfig> groups_;
  std::vector<broker::TopicConfig> topics_;
};

}  // namespace mq::apps
