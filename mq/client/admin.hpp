#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mq/client/client.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

struct TopicSettings {
  std::string topic;
  std::int32_t read_queues = 8;
  std::int32_t write_queues = 8;
  std::int32_t perm = 6;
  bool order = false;
};

struct QueueState {
  MessageQueue queue;
  std::int64_t min_offset = 0;
  std::int64_t max_offset = 0;
  std::int64_t last_store_ms = 0;
};

struct QueueLag {
  MessageQueue queue;
  std::int64_t broker_offset = 0;
  std::int64_t consumer_offset = 0;
  [[nodiscard]] std::int64_t lag() const { return broker_offset - consumer_offset; }
};

// Code of an AdminError when nobody answered, or nothing that can be read.
inline constexpr std::int32_t kNoAnswer = -1;

// What `sluice mq` and the services' start-up do to a cluster; works on ours and on a genuine one.
// Throws AdminError with the broker's words.
class AdminError : public std::runtime_error {
 public:
  AdminError(const std::string& what, std::int32_t code) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] std::int32_t code() const { return code_; }

 private:
  std::int32_t code_;
};

class Admin {
 public:
  explicit Admin(Client& client) : client_(client) {}

  boost::asio::awaitable<void> create_topic(TopicSettings settings);  // on every master
  boost::asio::awaitable<void> delete_topic(std::string topic);
  boost::asio::awaitable<std::vector<std::string>> topics();
  boost::asio::awaitable<std::vector<std::string>> groups();
  boost::asio::awaitable<std::vector<QueueState>> topic_state(std::string topic);
  boost::asio::awaitable<std::vector<QueueLag>> group_lag(std::string group);
  boost::asio::awaitable<std::vector<std::string>> group_members(std::string group);
  boost::asio::awaitable<std::optional<ReceivedMessage>> view_message(std::string offset_message_id);
  // The newest that carry the key in KEYS or as UNIQ_KEY, at most `max`, oldest first.
  boost::asio::awaitable<std::vector<ReceivedMessage>> find_by_key(std::string topic, std::string key,
                                                                   std::int32_t max);
  // Messages of one queue from `offset`, without a group and without committing anything.
  boost::asio::awaitable<std::vector<ReceivedMessage>> read_queue(MessageQueue queue, std::int64_t offset,
                                                                  std::int32_t max);
  boost::asio::awaitable<std::vector<std::pair<std::string, std::string>>> broker_info(
      std::string broker_address);

 private:
  Client& client_;
};

}  // namespace mq::client
