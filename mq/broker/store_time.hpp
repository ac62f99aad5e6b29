#pragma once
#include <cstdint>
#include <optional>

#include "mq/model/names.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// When the message at `offset` was stored; nothing when there is none. One read of the record.
std::optional<std::int64_t> store_time_of(const storage::MessageStore& store, const QueueId& queue,
                                          QueueOffset offset);

}  // namespace mq::broker
