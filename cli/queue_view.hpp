#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "mq/client/admin.hpp"

namespace cli {

// How far one consumer group has come.
struct GroupView {
  std::string group;
  std::vector<mq::client::QueueLag> queues;
  std::vector<std::string> members;
  [[nodiscard]] std::int64_t lag() const;
};

// Every group that has members or has ever consumed; the rest are names that every RocketMQ broker lists.
boost::asio::awaitable<std::vector<GroupView>> view_groups(mq::client::Admin& admin);

// A topic of the queue itself or of a group's retries, not of anybody's program.
bool is_internal_topic(const std::string& topic);

}  // namespace cli
