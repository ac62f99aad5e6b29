#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/model/names.hpp"
#include "mq/protocol/bodies_route.hpp"

// What clients read out of a route (rocketmq-wire.md 4.1). All lists are in the order of MessageQueue.
namespace mq::client {

// Queues to consume from.
std::vector<MessageQueue> readable_queues(const std::string& topic, const protocol::TopicRouteData& route);

// Queues to send to, whether or not their broker has a master now: what a sharding key is computed
// over, so that a fail-over does not move keys. An order configuration overrides the queue numbers.
std::vector<MessageQueue> writable_queues(const std::string& topic, const protocol::TopicRouteData& route);

// Those of `queues` whose broker has a master to take them.
std::vector<MessageQueue> with_master(std::vector<MessageQueue> queues,
                                      const protocol::TopicRouteData& route);

// Where a topic that does not exist yet may be created by sending to it, given the route of TBW102
// (rocketmq-wire.md 4.2).
std::vector<MessageQueue> creatable_queues(const std::string& topic,
                                           const protocol::TopicRouteData& template_route);
inline constexpr std::int32_t kCreatedQueuesMax = 4;  // what stock producers ask for

inline constexpr std::int64_t kMasterId = 0;
std::optional<std::string> broker_address(const protocol::TopicRouteData& route, std::string_view broker,
                                          std::int64_t id);

}  // namespace mq::client
