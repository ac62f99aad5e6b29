#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chassis/connection.hpp"

namespace chassis {

// BEGIN to COMMIT on one connection; rolled back when it dies without commit().
//
// Invariant: a statement's error that no savepoint took back cannot be forgotten: commit() throws it.
// (PostgreSQL answers such a COMMIT with a friendly ROLLBACK.)
class OpenTransaction final : public Transaction {
 public:
  explicit OpenTransaction(Connection& connection);
  ~OpenTransaction() override;
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  using Transaction::run;
  SqlResult run(const Statement& statement, std::vector<SqlValue> parameters) override;
  std::optional<SqlError> attempt(const std::function<void()>& body) override;
  void commit();

 private:
  void roll_back_to(const std::string& savepoint);

  Connection& connection_;
  std::optional<SqlError> failed_;
  int depth_ = 0;
  bool open_ = false;
};

}  // namespace chassis
