#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "chassis/sql.hpp"
#include "mq/base/aio/with_deadline.hpp"

namespace chassis {

struct DatabaseOptions {
  std::string dsn;              // libpq keywords without the password: "host=… port=… dbname=… user=…"
  std::string password_file;    // a .pgpass file, mode 0600; empty: none
  std::string schema;           // search_path
  std::size_t connections = 4;  // and database threads
  std::chrono::milliseconds statement_timeout{4000};  // below every deadline that waits for it
  std::chrono::milliseconds lock_timeout{2000};
  std::chrono::milliseconds connect_timeout{3000};
  std::size_t waiting_max = 512;                      // transactions that wait for a connection
  std::chrono::milliseconds queue_timeout{3000};      // how long one may wait
  std::chrono::milliseconds in_doubt_budget{10'000};  // for running an in-doubt transaction again
};

// A pool of connections, each with a thread of its own. A connection is set up by one initialiser
// (schema, timeouts, UTC) and thrown away when it broke; it never reconnects by itself, which
// would lose those settings.
//
// Thread rule: transact() from the executor's thread; bodies run on database threads.
class Database {
 public:
  Database(boost::asio::any_io_executor executor, DatabaseOptions options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `body` in a transaction (READ COMMITTED) and commits when it returns; rolls back and
  // rethrows when it throws. The body may run again: after a deadlock, and after a commit whose
  // outcome is in doubt. So it changes nothing outside the database, and every one that changes
  // state inserts a row whose key was known before: the second run meets the first there.
  // Throws SqlError, DatabaseDown, InDoubt; timed_out when no connection came free in time. Cancelled
  // while it waits, it throws operation_aborted; a running body is always waited for.
  template <class Body>
  boost::asio::awaitable<std::invoke_result_t<Body, Transaction&>> transact(Body body) {
    using Value = std::invoke_result_t<Body, Transaction&>;
    if constexpr (std::is_void_v<Value>) {
      std::function<void(Transaction&)> work = [&body](Transaction& tx) { body(tx); };
      co_await run(std::move(work));
    } else {
      std::optional<Value> value;
      std::function<void(Transaction&)> work = [&body, &value](Transaction& tx) { value.emplace(body(tx)); };
      co_await run(std::move(work));
      co_return std::move(*value);
    }
  }

  // True when a connection answers now. For /readyz.
  boost::asio::awaitable<bool> alive();

  struct Stats {
    std::uint64_t transactions = 0, rolled_back = 0, retried = 0, in_doubt = 0, broken = 0;
    std::size_t busy = 0, waiting = 0;
  };
  [[nodiscard]] Stats stats() const;
  [[nodiscard]] std::size_t size() const;  // connections: an upper bound for consumer concurrency

  [[nodiscard]] const DatabaseOptions& options() const;
  [[nodiscard]] boost::asio::any_io_executor executor() const;

  // Waits for running bodies, then closes; what still waits for a connection gets operation_aborted.
  // No transact() may come after.
  void close();

 private:
  boost::asio::awaitable<void> run(std::function<void(Transaction&)> work);
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chassis
