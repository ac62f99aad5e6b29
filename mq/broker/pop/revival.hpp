#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mq/broker/message_writer.hpp"
#include "mq/broker/pop/ledger.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// What happens when nobody acknowledges: a popped message whose time is over is stored once more, one attempt
// later, in the retry topic of its group (rocketmq-wire.md 4.11); a queue that an orderly pop has blocked may
// be popped again. How many attempts a message gets is the consumers' to say.
//
// Invariant: the ledger forgets a message only behind the entry of the log that stores it again.
// Thread rule: the hot thread.
class Revival {
 public:
  // Those who wait for this queue of the group may look again.
  using Wake = std::function<void(std::string_view group, const QueueId& queue)>;
  struct Shared {  // what it works with
    const storage::MessageStore& store;
    TopicTable& topics;
    MessageWriter& writer;
    PopLedger& ledger;
  };
  Revival(const Shared& shared, Wake wake) : shared_(shared), wake_(std::move(wake)) {}

  // Handles what is due, until `until`. True when more is due that can be handled now.
  bool run(std::chrono::steady_clock::time_point until);

  // Its host is written into the records that it stores.
  void set_store_host(const Host& host) { store_host_ = host; }

  [[nodiscard]] std::uint64_t revived() const { return revived_; }
  // Messages that nobody will see again, because the disk gave back something else than was written.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  enum class Outcome { done, later };
  Outcome revive(const PopLedger::Due& due);
  Outcome store_again(const PopLedger::Due& due, const Record& original);
  Outcome give_up(const PopLedger::Due& due, std::string_view why);
  Outcome hold(const PopLedger::Due& due, std::string_view why);

  Shared shared_;
  Wake wake_;
  Host store_host_;
  std::uint64_t revived_ = 0;
  std::uint64_t damaged_ = 0;
  PopLedger::Key held_;     // the last one that was complained about
  base::Bytes record_;      // scratch
  std::string properties_;  // scratch
};

}  // namespace mq::broker
