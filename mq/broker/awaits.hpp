#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/long_polls.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What a test waits for: messages of a topic, and perhaps that a group has consumed it.
struct AwaitQuery {
  using Deadline = std::chrono::steady_clock::time_point;
  std::string topic;
  std::string key;        // one of the message's KEYS, or its UNIQ_KEY; empty: any
  std::string tag;        // empty: any
  std::size_t count = 1;  // at least so many
  std::string group;      // has consumed all of the topic and of its own retry topic; empty: nobody has to
  Deadline deadline;
};

enum class AwaitEnd { reached, late, reset, stopping, too_many };

struct AwaitResult {
  AwaitEnd end = AwaitEnd::late;
  std::size_t count = 0;               // matching messages, also beyond those in `records`
  std::vector<base::Bytes> records;    // encoded, by queue and offset as they were found
  std::optional<std::int64_t> behind;  // messages that `group` has not consumed
};

// Those who wait for messages without consuming them: tests. Looks at what became durable since its last
// look.
//
// A consumer tells how far it is every few seconds, and with its pulls: while somebody waits for a group, the
// group's held pulls are answered "nothing yet" every 50 ms, so that its members come again and say it.
//
// Invariant: each query is answered once. Costs nothing while nobody waits.
// Thread rule: the hot thread. Times are steady.
class Awaits {
 public:
  using Now = std::chrono::steady_clock::time_point;
  using Then = std::function<void(AwaitResult)>;
  static constexpr std::size_t kWaitingMax = 64;
  static constexpr std::size_t kRecordsMax = 1000;
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20;
  static constexpr std::chrono::milliseconds kAskAgain{50};

  struct Shared {
    const storage::MessageStore& store;
    const TopicTable& topics;
    const ConsumerOffsets& offsets;
    LongPolls& polls;
  };
  explicit Awaits(const Shared& shared) : shared_(shared) {}

  // `then` runs within a later serve(), or at once when too many wait.
  void add(AwaitQuery query, Then then);
  // Looks and answers, until `until`. True when it is not through.
  bool serve(Now now, Now until);
  // Answers everybody with what is there.
  void give_up(AwaitEnd why);
  [[nodiscard]] std::optional<Now> next() const;

 private:
  struct Waiting {
    AwaitQuery query;
    Then then;
    AwaitResult found = {};
    std::size_t bytes = 0;                 // of found.records
    std::vector<QueueOffset> looked = {};  // by queue: what stands before was looked at
    Now ask_again = {};
  };
  // True when there was no time for all of it.
  bool look(Waiting& waiting, Now until);
  void take(Waiting& waiting, const storage::QueueEntry& entry);
  [[nodiscard]] std::int32_t queues_of(std::string_view topic) const;
  [[nodiscard]] std::int64_t behind(const std::string& group, const std::string& topic) const;
  void ask_members(const std::string& group, const std::string& topic);
  bool is_reached(Waiting& waiting, Now now);

  Shared shared_;
  std::list<Waiting> waiting_;
  base::Bytes record_;  // scratch
};

}  // namespace mq::broker
