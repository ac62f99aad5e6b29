#include "chassis/open_transaction.hpp"

namespace chassis {

OpenTransaction::OpenTransaction(Connection& connection) : connection_(connection) {
  connection_.script("BEGIN");
  open_ = true;
}

OpenTransaction::~OpenTransaction() {
  if (!open_ || connection_.broken()) return;
  try {
    connection_.script("ROLLBACK");
    // NOLINTNEXTLINE(bugprone-empty-catch)
  } catch (const std::exception&) {
    // The connection broke, which rolls back as well; its owner sees broken() and discards it.
  }
}

SqlResult OpenTransaction::run(const Statement& statement, std::vector<SqlValue> parameters) {
  try {
    return connection_.run(statement, parameters);
  } catch (const SqlError& error) {
    if (!failed_) failed_ = error;
    throw;
  }
}

std::optional<SqlError> OpenTransaction::attempt(const std::function<void()>& body) {
  const std::string savepoint = "attempt_" + std::to_string(++depth_);
  connection_.script("SAVEPOINT " + savepoint);
  try {
    body();
    if (failed_) throw SqlError(*failed_);  // the body swallowed it, PostgreSQL did not
    connection_.script("RELEASE SAVEPOINT " + savepoint);
    --depth_;
    return std::nullopt;
  } catch (const SqlError& error) {
    roll_back_to(savepoint);
    return error;
  } catch (...) {
    roll_back_to(savepoint);
    throw;
  }
}

void OpenTransaction::roll_back_to(const std::string& savepoint) {
  --depth_;
  if (connection_.broken()) return;
  connection_.script("ROLLBACK TO SAVEPOINT " + savepoint + "; RELEASE SAVEPOINT " + savepoint);
  failed_.reset();
}

void OpenTransaction::commit() {
  if (connection_.broken()) throw DatabaseDown("the connection broke before COMMIT");
  if (failed_) throw SqlError(*failed_);
  // A COMMIT that is cancelled before it begins leaves the transaction open; its rollback is the
  // destructor's.
  connection_.commit();
  open_ = false;
}

}  // namespace chassis
