#pragma once
#include "mq/apps/broker_state.hpp"
#include "mq/broker/metrics.hpp"
#include "mq/broker/router.hpp"
#include "mq/net/loop.hpp"
#include "mq/net/server.hpp"

namespace mq::apps {

// Copies every number a scrape shows. One task of the hot thread.
broker::MetricsSnapshot take_snapshot(const BrokerState& state, const broker::Router& router,
                                      const net::Server& server, net::Loop& loop);

}  // namespace mq::apps
