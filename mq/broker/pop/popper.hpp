#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/message_filter.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/pop/receipt.hpp"
#include "mq/broker/pull_reader.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What one pop asks for.
struct PopQuery {
  std::string group;
  std::string topic;
  std::int32_t queue = -1;  // -1: all of the topic's
  std::size_t count_max = 32;
  std::int64_t invisible_ms = 0;
  bool from_end = false;  // where a group begins that is new to a queue
  bool in_order = false;
  std::string attempt;  // of an orderly pop
  std::shared_ptr<const MessageFilter> filter;
};

// The texts are those of the response's fields (rocketmq-wire.md 4.11).
struct Popped {
  std::size_t count = 0;
  std::int64_t pop_ms = 0;
  std::int64_t rest = 0;  // messages that more pops could get now, at least
  bool unreadable = false;
  bool looks_on = false;  // nothing matched so far, and there are messages that were not looked at
  std::string start_offsets;
  std::string message_offsets;
  std::string order_counts;
};

// Pops: looks for messages in the queues of a topic and in the group's retry topic, and notes in the ledger
// that they are in flight.
//
// Thread rule: the hot thread.
class Popper {
 public:
  static constexpr std::size_t kCountMax = 32;  // of one pop, as upstream

  struct Shared {  // what it works with
    const TopicTable& topics;
    ConsumerOffsets& offsets;
    const storage::MessageStore& store;
    const PullReader& reader;
    PopLedger& ledger;
  };
  // Told of every read that found something: statistics.
  using Served = std::function<void(const PullQuery&, const PullResult&, std::size_t bytes)>;

  Popper(const Shared& shared, std::string broker, Served served)
      : shared_(shared), broker_(std::move(broker)), served_(std::move(served)) {}

  // Appends the records to `out`.
  Popped pop(const PopQuery& query, base::Bytes& out);
  // Reads what a pop would get next, and changes nothing.
  Popped peek(const PopQuery& query, base::Bytes& out);
  // Whether a pop would find something to look at.
  [[nodiscard]] bool has_messages(const PopQuery& query) const;

 private:
  struct Attempt {
    const PopQuery& query;
    Popped& popped;
    base::Bytes& out;
    std::size_t out_start;
  };
  // The group's queues, in the order in which this attempt looks at them.
  [[nodiscard]] std::vector<QueueId> queues_of(const PopQuery& query, std::uint32_t turn) const;
  [[nodiscard]] QueueOffset fresh_begin(const PopQuery& query, const QueueId& queue) const;
  void pop_queue(Attempt& attempt, const QueueId& queue);
  PullResult read(Attempt& attempt, PullQuery& pull);
  void pass(Attempt& attempt, const QueueId& queue, const PullResult& result);
  void take(Attempt& attempt, const PullQuery& pull, const PullResult& result, std::size_t records_at);
  // Retried messages come under the topic that the consumer asked for, with their receipt.
  void disguise(Attempt& attempt, const QueueId& queue, QueueOffset start, std::size_t records_at);

  Shared shared_;
  std::string broker_;
  Served served_;
  std::uint32_t turn_ = 0;
  std::vector<QueueOffset> offsets_;  // scratch
  base::Bytes scratch_;
};

}  // namespace mq::broker
