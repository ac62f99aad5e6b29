#pragma once
#include <chrono>
#include <functional>

#include "mq/net/server.hpp"
#include "mq/protocol/command.hpp"

namespace mq::broker {

// How long a consumer may take to answer a tool (rocketmq-wire.md 4.13).
inline constexpr std::chrono::seconds kRelayLimit{10};

// Asks the program at the other end of a connection; `then` runs once, with nothing when no answer came.
using AskClient = std::function<void(net::ConnectionKey client, const protocol::Command& request,
                                     net::Server::Answered then)>;

}  // namespace mq::broker
