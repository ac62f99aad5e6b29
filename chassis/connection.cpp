#include "chassis/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <pqxx/pqxx>

namespace chassis {
namespace {

using namespace std::chrono_literals;

// The server cancels at statement_timeout; the socket goes this much later.
constexpr auto kGrace = 1s;

// "ERROR:  23505: duplicate key …": libpq's verbose form. pqxx forgets the state of some errors
// (deadlocks, missing rights), so it is always read from here.
std::string state_of(std::string_view message) {
  const auto colon = message.find(':');
  if (colon == std::string_view::npos) return {};
  const auto start = message.find_first_not_of(' ', colon + 1);
  if (start == std::string_view::npos || start + 6 > message.size() || message[start + 5] != ':') return {};
  const auto state = message.substr(start, 5);
  const bool well_formed =
      std::ranges::all_of(state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  return well_formed ? std::string(state) : std::string();
}

// The last such line: what users wrote can stand in the lines before it.
std::string constraint_of(std::string_view message) {
  static constexpr std::string_view kLabel = "\nCONSTRAINT NAME:  ";
  const auto at = message.rfind(kLabel);
  if (at == std::string_view::npos) return {};
  const auto rest = message.substr(at + kLabel.size());
  return std::string(rest.substr(0, rest.find('\n')));
}

// DETAIL and what follows hold values of rows, which have no place in a log.
std::string first_line(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  return std::string(message);
}

// The server is going away or refused the session, although the socket may still be open.
bool ends_session(const std::string& state) {
  return state.starts_with("08") || state == "57P01" || state == "57P02" || state == "57P03" ||
         state == "57P05" || state == "53300" || state == "25P03";
}

std::string quoted_keyword(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

SqlError nul_error(std::string_view statement) {
  return {"22021", "", "statement " + std::string(statement) + ": a parameter contains a NUL byte"};
}

// libpq may close its own number, and someone else may get it, while the watchdog looks at it.
struct SocketCopy {
  explicit SocketCopy(int socket) : number(::dup(socket)) {
    if (number < 0) throw DatabaseDown("no file descriptor left for a database connection");
  }
  ~SocketCopy() { ::close(number); }
  SocketCopy(const SocketCopy&) = delete;
  SocketCopy& operator=(const SocketCopy&) = delete;
  int number;
};

}  // namespace

std::string quote_identifier(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

ConnectionPlan plan_connection(const DatabaseOptions& options) {
  const auto ms = [](std::chrono::milliseconds span) { return std::to_string(span.count()); };
  const auto connect_seconds = std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count();
  ConnectionPlan plan;
  // Of a keyword given twice libpq takes the last: the dsn may overrule these.
  plan.conninfo = "connect_timeout=" + std::to_string(std::max<std::int64_t>(connect_seconds, 2)) +
                  " application_name=" + quoted_keyword("sluice " + options.schema) +
                  " keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=" +
                  ms(options.statement_timeout + kGrace);
  if (!options.password_file.empty()) plan.conninfo += " passfile=" + quoted_keyword(options.password_file);
  plan.conninfo += " " + options.dsn;
  if (!options.schema.empty()) plan.setup = "SET search_path TO " + quote_identifier(options.schema) + "; ";
  // A transaction whose client vanished behind a dead network must not hold its rows for long: the
  // client runs it again and waits for exactly those.
  plan.setup += "SET statement_timeout TO " + ms(options.statement_timeout) + "; SET lock_timeout TO " +
                ms(options.lock_timeout) + "; SET idle_in_transaction_session_timeout TO " +
                ms(options.statement_timeout) +
                "; SET timezone TO 'UTC'; SET datestyle TO 'ISO, YMD'; SET client_encoding TO 'UTF8'"
                "; SET standard_conforming_strings TO on; SET client_min_messages TO warning"
                "; SET default_transaction_isolation TO 'read committed'";
  plan.connect_limit = std::chrono::seconds(connect_seconds) + kGrace;
  plan.statement_limit = options.statement_timeout + kGrace;
  return plan;
}

class Connection::Impl {
 public:
  Impl(const ConnectionPlan& plan, Watchdog& watchdog)
      : watchdog_(watchdog),
        limit_(plan.statement_limit),
        link_(plan.conninfo),
        quiet_(link_),
        socket_(link_.sock()) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    link_.inhibit_reactivation(true);  // it would come back without its settings
#pragma GCC diagnostic pop
    link_.set_verbosity(pqxx::connection_base::verbose);
    try {
      guarded("setup", plan.connect_limit, [&](pqxx::nontransaction& session) { session.exec(plan.setup); });
    } catch (const SqlError& error) {
      throw DatabaseDown(std::string("cannot set up a connection: ") + error.what());
    }
  }

  ~Impl() {
    // So that libpq's farewell cannot block on a peer that does not read.
    const Watchdog::Watch watch(watchdog_, std::chrono::steady_clock::now() + kGrace, socket_.number);
    link_.disconnect();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] bool broken() const { return broken_ || !link_.is_open(); }

  SqlResult run(const Statement& statement, const std::vector<SqlValue>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) {
      const auto& text = parameter.text();
      if (text && text->find('\0') != std::string::npos) throw nul_error(statement.name);
      values.push_back(text ? text->c_str() : nullptr);
    }
    pqxx::result answer;
    const std::string name(statement.name), sql(statement.sql);
    if (!name.empty()) prepare(name, sql);
    guarded(name, limit_, [&](pqxx::nontransaction& session) {
      const auto dynamic = pqxx::prepare::make_dynamic_params(values);
      answer = name.empty() ? session.exec_params(sql, dynamic) : session.exec_prepared(name, dynamic);
    });
    return copied(answer);
  }

  void script(const std::string& sql) {
    guarded("script", limit_, [&](pqxx::nontransaction& session) { session.exec(sql); });
  }

  void commit() {
    try {
      script("COMMIT");
    } catch (const DatabaseDown& error) {
      throw InDoubt(std::string("the connection broke at COMMIT: ") + error.what());
    } catch (const SqlError& error) {
      if (error.state() != "40003") throw;  // statement_completion_unknown
      throw InDoubt(error.what());
    }
  }

 private:
  void prepare(const std::string& name, const std::string& sql) {
    const auto known = prepared_.find(name);
    if (known != prepared_.end()) {
      if (known->second == sql) return;
      throw std::logic_error("two statements are named " + name);
    }
    guarded(name, limit_, [&](pqxx::nontransaction&) {
      link_.prepare(name, sql);
      link_.prepare_now(name);
    });
    prepared_.emplace(name, sql);
  }

  template <class Call>
  void guarded(std::string_view name, std::chrono::milliseconds limit, Call call) {
    if (broken()) throw DatabaseDown("the connection is broken");
    const Watchdog::Watch watch(watchdog_, std::chrono::steady_clock::now() + limit, socket_.number);
    try {
      pqxx::nontransaction session(link_);
      call(session);
    } catch (const std::bad_alloc&) {
      broken_ = true;
      throw;
    } catch (const std::exception& error) {  // pqxx::failure, and usage errors of a dead connection
      fail(name, error.what());
    }
  }

  [[noreturn]] void fail(std::string_view name, const std::string& message) {
    const auto state = state_of(message);
    if (!link_.is_open() || state.empty() || ends_session(state)) {
      broken_ = true;
      // Without a state it is pqxx stumbling over the dead connection; its words would mislead.
      throw DatabaseDown("statement " + std::string(name) + ": the connection was lost" +
                         (state.empty() ? "" : ": " + first_line(message)));
    }
    throw SqlError(state, constraint_of(message),
                   "statement " + std::string(name) + ": " + first_line(message));
  }

  static SqlResult copied(const pqxx::result& answer);

  Watchdog& watchdog_;
  std::chrono::milliseconds limit_;
  pqxx::connection link_;
  pqxx::quiet_errorhandler quiet_;  // notices; errors arrive as exceptions
  std::map<std::string, std::string> prepared_;
  SocketCopy socket_;
  bool broken_ = false;
};

namespace {
struct RowMaker : Transaction {
  using Transaction::make_row;
};
}  // namespace

SqlResult Connection::Impl::copied(const pqxx::result& answer) {
  SqlResult result;
  result.affected = answer.affected_rows();
  auto columns = std::make_shared<std::vector<std::string>>();
  for (pqxx::row::size_type i = 0; i < answer.columns(); ++i) columns->emplace_back(answer.column_name(i));
  result.rows.reserve(answer.size());
  for (const auto& row : answer) {
    std::vector<std::optional<std::string>> values;
    values.reserve(row.size());
    for (const auto& field : row) {
      if (field.is_null()) {
        values.emplace_back();
      } else {
        values.emplace_back(std::in_place, field.c_str(), field.size());
      }
    }
    result.rows.push_back(RowMaker::make_row(columns, std::move(values)));
  }
  return result;
}

Connection::Connection(const ConnectionPlan& plan, Watchdog& watchdog) {
  try {
    impl_ = std::make_unique<Impl>(plan, watchdog);
  } catch (const pqxx::failure& error) {
    throw DatabaseDown(first_line(error.what()));
  }
}
Connection::~Connection() = default;
bool Connection::broken() const { return impl_->broken(); }
void Connection::script(const std::string& sql) { impl_->script(sql); }
void Connection::commit() { impl_->commit(); }
SqlResult Connection::run(const Statement& statement, const std::vector<SqlValue>& parameters) {
  return impl_->run(statement, parameters);
}

}  // namespace chassis

// libpqxx 6.4 asks a connection for its encoding before it owns the answer, and a broken one throws:
// a kilobyte or two are lost for every connection that breaks, and nothing can be done from here.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier): its name
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libpqxx-6.4.so\n";
}
#endif
#endif
