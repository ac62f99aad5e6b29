#pragma once
#include <boost/asio/awaitable.hpp>

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
class Outbox {
 public:
  Outbox(Database& database, mq::client::Producer& producer);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Inside the transaction. The caller's row lock on the aggregate makes message n visible before n+1.
  static void add(Transaction& tx, const OutgoingMessage& message);
  void wake();                         // after the commit
  boost::asio::awaitable<void> run();  // the relay; until cancelled

  struct Stats {
    std::uint64_t sent = 0, failed = 0;
    std::int64_t unsent = 0;              // rows, at the last look
    std::chrono::milliseconds oldest{0};  // real age of the oldest unsent row
  };
  [[nodiscard]] Stats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chassis
