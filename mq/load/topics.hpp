#pragma once
#include <string>

#include "mq/load/sockets.hpp"

namespace mq::load {

// One request to a broker, sure of its answer: throws std::runtime_error with the broker's words when it
// says no. Makes the topic with so many queues, or with more when it is there already.
void make_topic(const Endpoint& broker, const std::string& topic, int queues);

}  // namespace mq::load
