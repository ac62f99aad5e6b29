#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"

// SQL without pqxx in sight: statements are text, parameters and columns are values.
namespace chassis {

// One parameter of a statement ($1, $2, …). NULL is std::nullopt.
class SqlValue {
 public:
  SqlValue(std::nullopt_t) {}                                       // NOLINT(google-explicit-constructor)
  SqlValue(std::string text) : text_(std::move(text)) {}            // NOLINT(google-explicit-constructor)
  SqlValue(std::string_view text) : text_(std::string(text)) {}     // NOLINT(google-explicit-constructor)
  SqlValue(const char* text) : text_(std::string(text)) {}          // NOLINT(google-explicit-constructor)
  SqlValue(std::int64_t number) : text_(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
  SqlValue(std::int32_t number) : text_(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
  SqlValue(bool truth)
      : text_(std::string(truth ? "true" : "false")) {}  // NOLINT(google-explicit-constructor)
  SqlValue(base::Time at);                               // timestamptz, NOLINT(google-explicit-constructor)
  template <class T>
  SqlValue(const std::optional<T>& maybe) {  // NOLINT(google-explicit-constructor)
    if (maybe) *this = SqlValue(*maybe);
  }
  [[nodiscard]] const std::optional<std::string>& text() const { return text_; }

 private:
  std::optional<std::string> text_;
};

// One parameter for `$n::bigint[]` or `$n::text[]`.
SqlValue sql_array(const std::vector<std::int64_t>& numbers);
SqlValue sql_array(const std::vector<std::string>& texts);

// One row of an answer. A wrong column name, a NULL read as a value or text that is not what was
// asked for is a bug in a statement: it throws std::logic_error with the column's name.
class SqlRow {
 public:
  [[nodiscard]] bool is_null(std::string_view column) const;
  [[nodiscard]] std::string text(std::string_view column) const;
  [[nodiscard]] std::int64_t integer(std::string_view column) const;
  [[nodiscard]] bool boolean(std::string_view column) const;
  [[nodiscard]] base::Time time(std::string_view column) const;  // timestamptz
  [[nodiscard]] std::optional<std::string> maybe_text(std::string_view column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view column) const;
  [[nodiscard]] std::optional<base::Time> maybe_time(std::string_view column) const;

 private:
  friend class Transaction;
  std::shared_ptr<const std::vector<std::string>> columns_;
  std::vector<std::optional<std::string>> values_;
};

struct SqlResult {
  std::vector<SqlRow> rows;
  std::size_t affected = 0;  // rows inserted, updated or deleted
  [[nodiscard]] bool empty() const { return rows.empty(); }
  [[nodiscard]] const SqlRow& front() const { return rows.front(); }
};

// A statement with a name. Prepared once per connection; without a name it is not prepared (for text
// that is made at run time).
struct Statement {
  std::string_view name;
  std::string_view sql;
};

// An open transaction. Lives on a database thread for the time of one body; never crosses a
// co_await and never calls the network.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual SqlResult run(const Statement& statement, std::vector<SqlValue> parameters) = 0;
  SqlResult run(const Statement& statement) { return run(statement, {}); }
  // A savepoint around `body`: rolled back when it throws SqlError, which is then returned. Any other
  // exception rolls back to the savepoint too and passes through.
  virtual std::optional<class SqlError> attempt(const std::function<void()>& body) = 0;

 protected:
  static SqlRow make_row(std::shared_ptr<const std::vector<std::string>> columns,
                         std::vector<std::optional<std::string>> values);
};

// The database refused a statement. `state` is SQLSTATE.
class SqlError : public std::runtime_error {
 public:
  SqlError(std::string state, std::string constraint, const std::string& what)
      : std::runtime_error(what), state_(std::move(state)), constraint_(std::move(constraint)) {}
  [[nodiscard]] const std::string& state() const { return state_; }
  [[nodiscard]] const std::string& constraint() const { return constraint_; }
  [[nodiscard]] bool unique_violation() const { return state_ == "23505"; }
  [[nodiscard]] bool check_violation() const { return state_ == "23514"; }
  // The statement's values can never be stored or computed with (class 22).
  [[nodiscard]] bool data_exception() const { return state_.starts_with("22"); }
  [[nodiscard]] bool lock_timeout() const { return state_ == "55P03"; }
  // Deadlock or serialisation failure: the same transaction may succeed when run again.
  [[nodiscard]] bool retryable() const { return state_ == "40P01" || state_ == "40001"; }

 private:
  std::string state_, constraint_;
};

// The database cannot be reached, or the connection broke before COMMIT was sent: nothing was committed.
class DatabaseDown : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The connection broke while COMMIT was on its way and running the transaction again did not settle it
// in time. The effect is there or it is not.
class InDoubt : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace chassis
