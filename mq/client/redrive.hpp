#pragma once
#include <string>

#include "mq/model/message.hpp"

namespace mq::client {

// A dead letter as it is sent once more: to its group's retry topic, where that group alone gets it, or to
// the topic it came from, where every group does. It keeps its id, keys, tag and the sender's own properties,
// and loses what brokers and clients wrote into it on its way.
Message redriven_to_group(const ReceivedMessage& dead, const std::string& group);
Message redriven_to_topic(const ReceivedMessage& dead);

// The topic it was sent to at first.
std::string origin_topic(const ReceivedMessage& dead);

}  // namespace mq::client
