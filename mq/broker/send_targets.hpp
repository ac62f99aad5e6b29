#pragma once
#include <chrono>
#include <cstdint>

#include "mq/broker/answer.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/queue_locks.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/send_message_view.hpp"

namespace mq::broker {

// Where a send goes: the checks of rocketmq-wire.md 4.3 in their order, automatic creation, and the rule
// that turns a retry into a dead letter.
//
// Thread rule: the hot thread.
class SendTargets {
 public:
  SendTargets(TopicTable& topics, GroupTable& groups, const QueueLocks& locks)
      : topics_(topics), groups_(groups), locks_(locks) {}

  struct Target {
    Verdict refused;  // code != 0: the rest means nothing
    const TopicConfig* topic = nullptr;
    std::int32_t queue = 0;
    bool dead_letter = false;
  };
  Target find(const protocol::SendMessageView& send);
  // The group's dead-letter topic, made when missing.
  Target dead_letters(std::string_view group);
  // One of the group's retry queues, made when missing. Pre: config is the group's.
  Target retries(const GroupConfig& config);

  // From now on everything is refused: the broker shuts down.
  void close() { open_ = false; }

 private:
  Target find_retry(const protocol::SendMessageView& send);
  std::int32_t any_queue(std::int32_t count) {
    return static_cast<std::int32_t>(turn_++ % static_cast<std::uint32_t>(count > 0 ? count : 1));
  }

  TopicTable& topics_;
  GroupTable& groups_;
  const QueueLocks& locks_;
  std::uint32_t turn_ = 0;
  bool open_ = true;
};

}  // namespace mq::broker
