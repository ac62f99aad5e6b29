#pragma once
#include <memory>

#include "mq/apps/broker_config.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::apps {

// The store in config.data. Throws CannotStart.
std::unique_ptr<storage::MessageStore> open_store(const BrokerConfig& config);

}  // namespace mq::apps
