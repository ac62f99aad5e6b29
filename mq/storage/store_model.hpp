#pragma once
// What a store must answer, kept in the plainest way: the list of everything that was appended.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mq/storage/message_store.hpp"

namespace mq::storage {

class StoreModel {
 public:
  struct Message {
    QueueId queue;
    std::string body;
    std::string key;
    std::int64_t store_ms = 0;
    std::optional<std::int64_t> due_ms;
    std::optional<PendingTimer> delivers;
    bool half = false;
    std::optional<LogOffset> decides;
    std::optional<LogOffset> carries;  // the timer this one stands in for, or the name of the half message
    std::optional<LogOffset> holder;   // the record whose body this one shares
    QueueOffset offset;
    LogOffset at;
  };
  void add(Message message, LogOffset end) {
    operations_.push_back({.end = end, .message = std::move(message)});
  }
  void add(std::vector<MetaChange> changes, LogOffset end) {
    operations_.push_back({.end = end, .changes = std::move(changes)});
  }
  void add_drop(std::vector<MetaChange> changes, LogOffset timer, LogOffset end) {
    operations_.push_back({.end = end, .changes = std::move(changes), .dropped_timer = timer});
  }
  void add_removal(std::string topic, LogOffset end) {
    operations_.push_back({.end = end, .removed_topic = std::move(topic)});
  }
  void add_rollback(LogOffset half, LogOffset end) {
    operations_.push_back({.end = end, .rolled_back = half});
  }

  // A crash: what ends behind `end` never happened.
  void cut(LogOffset end) {
    std::erase_if(operations_, [end](const Operation& operation) { return operation.end > end; });
  }

  // The message that stands at `at`; nothing when none was appended there.
  [[nodiscard]] const Message* find(LogOffset at) const;
  // All of them, oldest first.
  [[nodiscard]] std::vector<LogOffset> messages() const;

  // Timers not delivered by anything below `upto`, in order of delivery.
  [[nodiscard]] std::vector<PendingTimer> pending(LogOffset upto) const;
  // Half messages that nothing below `upto` decided, oldest first.
  [[nodiscard]] std::vector<LogOffset> undecided(LogOffset upto) const;

  // Compares everything the store answers with what was appended below its durable(), and fails the
  // running test for each difference. `keys` are looked up in all topics.
  void expect_equal(const MessageStore& store, const std::vector<std::string>& keys) const;
  // Whatever is to be delivered or decided later can be read now, with its body.
  void expect_readable(const MessageStore& store, const std::vector<PendingTimer>& timers) const;
  void expect_readable(const MessageStore& store, LogOffset at) const;

 private:
  struct Operation {
    LogOffset end;
    std::optional<Message> message = {};
    std::vector<MetaChange> changes = {};
    std::string removed_topic = {};
    std::optional<LogOffset> rolled_back = {};
    std::optional<LogOffset> dropped_timer = {};
  };
  using Queues = std::map<QueueId, std::vector<Message>>;
  [[nodiscard]] Queues queues(LogOffset upto) const;
  [[nodiscard]] std::map<std::string, std::string> metadata() const;
  void expect_queue(const MessageStore& store, const QueueId& id, const std::vector<Message>& messages) const;
  void expect_keys(const MessageStore& store, const Queues& queues,
                   const std::vector<std::string>& keys) const;

  std::vector<Operation> operations_;
};

}  // namespace mq::storage
