#pragma once
#include "mq/apps/broker_config.hpp"
#include "mq/net/server.hpp"

namespace mq::apps {

// Raises this process's soft limit of open files to the hard one. Returns it.
std::size_t raise_descriptor_limit();

// Nine tenths of the descriptors may be connections, the rest is for files; or less, by the setting.
net::ServerOptions server_options(const BrokerConfig& config);

}  // namespace mq::apps
