#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chassis/database.hpp"
#include "chassis/sql.hpp"
#include "chassis/watchdog.hpp"

// Inside of the chassis: one connection, without pqxx in sight. Services use Database.
namespace chassis {

// How a connection is made and set up.
struct ConnectionPlan {
  std::string conninfo;
  std::string setup;  // statements of the one initialiser
  std::chrono::milliseconds connect_limit{};
  std::chrono::milliseconds statement_limit{};
};
ConnectionPlan plan_connection(const DatabaseOptions& options);
std::string quote_identifier(std::string_view name);

// One connection that never reconnects by itself: after a break it is broken for good.
//
// Thread rule: one thread at a time.
class Connection {
 public:
  // Throws DatabaseDown.
  Connection(const ConnectionPlan& plan, Watchdog& watchdog);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool broken() const;
  // Throw SqlError; DatabaseDown when the connection broke.
  SqlResult run(const Statement& statement, const std::vector<SqlValue>& parameters);
  void script(const std::string& sql);  // any number of statements, no parameters, no answer
  // Throws SqlError when the server said that it did not commit, InDoubt when it said nothing.
  void commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chassis
