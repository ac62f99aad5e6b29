#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
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

// A topic as one broker has it.
struct TopicOnBroker {
  std::string broker;
  TopicSettings settings;
  std::map<std::string, std::string> attributes;
};

struct GroupSettings {
  std::string group;
  std::int32_t retry_max_times = 16;
  std::int32_t retry_queues = 1;
  bool consume_enable = true;
  bool broadcast_enable = true;
  bool orderly = false;
};

struct GroupMember {
  std::string client_id, address, language;
};
// Who consumes in a group now, and what it wants.
struct GroupMembers {
  std::vector<GroupMember> members;                  // by client id
  std::map<std::string, std::string> subscriptions;  // topic -> expression
  bool broadcasting = false;
};

// How long what comes next in a queue waits for a group already.
struct QueueWait {
  MessageQueue queue;
  std::int64_t next_waits_ms = 0;  // 0: nothing waits
};

// What a broker keeps back until its time, or until its producer has decided. Of ours alone: others answer
// that they do not know the question.
struct DelayedMessage {
  std::string broker, topic, id, keys;
  std::int64_t due_ms = 0, store_ms = 0;
  bool recalled = false;  // taken back: it will be dropped
};
struct HalfMessage {
  std::string broker, topic, id, keys, producer_group;
  std::int64_t store_ms = 0, next_check_in_ms = 0;
  std::int32_t checks = 0;
};
template <class Message>
struct Waiting {
  std::vector<Message> messages;
  std::int64_t total = 0;   // that wait; more than a broker can show at once may
  std::int64_t now_ms = 0;  // on the brokers' clock
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
  boost::asio::awaitable<void> delete_topic(std::string topic);       // on every broker and name server
  boost::asio::awaitable<std::vector<TopicOnBroker>> topic_settings(std::string topic);
  boost::asio::awaitable<void> create_group(GroupSettings settings);  // or changes it, on every master
  // With its offsets and its retry topic; dead letters stay. Members that consume make it anew.
  boost::asio::awaitable<void> delete_group(std::string group);
  boost::asio::awaitable<std::optional<GroupSettings>> group_settings(std::string group);
  boost::asio::awaitable<GroupMembers> group_consumers(std::string group);
  boost::asio::awaitable<std::vector<std::string>> groups_of_topic(std::string topic);
  boost::asio::awaitable<std::vector<QueueWait>> group_waits(std::string group, std::string topic);
  // The first offset of a queue that was stored at or after the time.
  boost::asio::awaitable<std::int64_t> offset_at(MessageQueue queue, std::int64_t store_ms);
  // A group goes on with what was stored at or after the time, in all queues of the topic, also while it
  // consumes; kToTheEnd: with what comes from now on. Its new offsets.
  static constexpr std::int64_t kToTheEnd = -1;
  boost::asio::awaitable<std::map<MessageQueue, std::int64_t>> reset_offsets(std::string group,
                                                                             std::string topic,
                                                                             std::int64_t store_ms);
  // Nothing when the group has none.
  boost::asio::awaitable<std::optional<std::int64_t>> consumed_offset(std::string group, MessageQueue queue);
  // Of a group that consumes nothing of the queue now: nobody is told.
  boost::asio::awaitable<void> commit_offset(std::string group, MessageQueue queue, std::int64_t offset);
  boost::asio::awaitable<std::vector<std::string>> topics();
  // Where a topic lies: broker name -> "host:port" of its master.
  boost::asio::awaitable<std::map<std::string, std::string>> broker_addresses(std::string topic);
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
  // The next `max` to be due, in order.
  boost::asio::awaitable<Waiting<DelayedMessage>> delayed(std::size_t max);
  // The `max` oldest.
  boost::asio::awaitable<Waiting<HalfMessage>> undecided(std::size_t max);
  boost::asio::awaitable<std::vector<std::pair<std::string, std::string>>> broker_info(
      std::string broker_address);

 private:
  Client& client_;
};

}  // namespace mq::client
