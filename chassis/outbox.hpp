#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "chassis/database.hpp"
#include "mq/client/producer.hpp"

namespace chassis {

// A message to be sent because a transaction committed.
struct OutgoingMessage {
  std::string topic;
  std::string tag;
  std::string key;  // KEYS and sharding key: messages of one key leave in the order they were written
  std::string body;
  std::optional<base::Time> deliver_at;  // a timer message
};

// Messages as rows of the state change's own transaction, and the relay that sends them.
//
// Promised: at least once, in order per key. At most one send per key is in flight; a row that fails
// holds back its key only. Woken by wake() after a commit, and every 200 ms anyway.
//
// One relay per schema: it holds an advisory lock on a connection of its own (beside the pool's); a
// second process waits. A crash between a send and the delete of its row sends it again.
//
// Thread rule: the database's executor; add() belongs to the transaction's thread.
class Outbox {
 public:
  // Sends one message, sharded by its key; throws (mq::client::SendError) when it may not have arrived.
  using Send = std::function<boost::asio::awaitable<void>(OutgoingMessage)>;

  Outbox(Database& database, mq::client::Producer& producer);
  Outbox(Database& database, Send send);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Inside the transaction. The caller's row lock on the aggregate makes message n visible before n+1.
  static void add(Transaction& tx, const OutgoingMessage& message);
  void wake();                         // after the commit
  boost::asio::awaitable<void> run();  // the relay; until cancelled, then it ends what is in flight

  struct Stats {
    std::uint64_t sent = 0, failed = 0;
    std::int64_t unsent = 0;              // rows, at the last look; at least 1 after wake() until it looked
    std::chrono::milliseconds oldest{0};  // real age of the oldest unsent row
  };
  [[nodiscard]] Stats stats() const;

 private:
  std::unique_ptr<class OutboxRelay> relay_;
};

}  // namespace chassis
