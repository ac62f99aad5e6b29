#include "chassis/outbox_relay.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include "mq/base/log.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPoll = 200ms;
constexpr auto kPassEvery = 5ms;     // what comes within it shares a transaction
constexpr auto kNotLeading = 500ms;  // until the lock is tried again
constexpr auto kDatabasePause = 1000ms;
constexpr auto kFirstOutagePause = 1000ms;
constexpr auto kLongestOutagePause = 5000ms;
constexpr auto kCountEvery = 1000ms;  // a look at the whole table
constexpr auto kWarnEvery = 1000ms;
constexpr auto kFinishWithin = 3000ms;  // sends in flight at the stop
constexpr std::int64_t kReadMax = 256;

// Re-entrant in its session, so asking again is how to see that it is still ours. What a crash undoes
// of the deletes is only sent again: no need to wait for the disk.
constexpr Statement kLead{
    "outbox_lead",
    "SELECT pg_try_advisory_lock(hashtextextended('sluice outbox of ' || current_schema(), 0))"
    " AS held, set_config('synchronous_commit', 'off', true)"};
constexpr Statement kDelete{"outbox_delete", "DELETE FROM outbox WHERE id = ANY ($1::bigint[])"};
constexpr Statement kRead{"outbox_read",
                          "SELECT id, topic, tag, key, body, deliver_at, created_real FROM outbox "
                          "WHERE id <> ALL ($1::bigint[]) AND key <> ALL ($2::text[]) ORDER BY id LIMIT $3"};
constexpr Statement kCount{"outbox_count",
                           "SELECT count(*) AS rows, min(created_real) AS oldest FROM outbox"};

DatabaseOptions one_connection(DatabaseOptions options) {
  options.connections = 1;
  return options;
}

OutboxBacklog::Row row_of(const SqlRow& row) {
  return {
      row.integer("id"),
      {row.text("topic"), row.text("tag"), row.text("key"), row.text("body"), row.maybe_time("deliver_at")},
      row.time("created_real")};
}

}  // namespace

// What one transaction is asked, and what it answered.
struct OutboxRelay::Pass {
  std::vector<std::int64_t> sent;
  OutboxBacklog::ReadFilter filter;
  bool count = false;

  bool held = false;
  std::vector<Row> rows;
  std::int64_t limit = 0;
  std::int64_t counted = 0;
  std::optional<base::Time> oldest;

  void operator()(Transaction& tx) {
    rows.clear();  // it may run again
    held = tx.run(kLead).front().boolean("held");
    if (!sent.empty()) tx.run(kDelete, {sql_array(sent)});
    if (held && limit > 0) {
      for (const auto& row : tx.run(kRead, {sql_array(filter.ids), sql_array(filter.keys), limit}).rows) {
        rows.push_back(row_of(row));
      }
    }
    if (count || !held) {
      const auto look = tx.run(kCount);
      counted = look.front().integer("rows");
      oldest = look.front().maybe_time("oldest");
    }
  }
};

OutboxRelay::OutboxRelay(const Database& database, Outbox::Send send)
    : database_(database.executor(), one_connection(database.options())),
      send_(std::move(send)),
      nudge_(database.executor()),
      sends_(database.executor()) {}

void OutboxRelay::wake() {
  stats_.unsent = std::max<std::int64_t>(stats_.unsent, 1);
  woken_ = true;
  nudge_.cancel();
}

asio::awaitable<void> OutboxRelay::run() {
  std::exception_ptr why;
  try {
    co_await relay();
  } catch (...) {
    why = std::current_exception();
  }
  // Cancelled: what is in flight may still arrive, and its row should go with it.
  co_await asio::this_coro::reset_cancellation_state();
  co_await finish_sends();
  std::rethrow_exception(why);
}

asio::awaitable<void> OutboxRelay::relay() {
  for (;;) {
    woken_ = false;
    const auto next_pass = steady_clock::now() + kPassEvery;
    const bool answered = co_await pass();
    start_sends();
    if (!answered) {
      co_await base::sleep_for(kDatabasePause);
    } else if (!leading_) {
      co_await base::sleep_for(kNotLeading);
    } else if (!woken_ && !more_) {
      co_await nap(kPoll);
    }
    co_await base::sleep_for(next_pass - steady_clock::now());
  }
}

asio::awaitable<void> OutboxRelay::finish_sends() {
  stopping_ = true;
  const auto until = steady_clock::now() + kFinishWithin;
  while (backlog_.out() > 0 && steady_clock::now() < until) co_await nap(50ms);
  co_await sends_.stop();
  if (!backlog_.sent_ids().empty()) co_await pass();
}

// Ends early when something was sent or wake() was called.
asio::awaitable<void> OutboxRelay::nap(std::chrono::milliseconds span) {
  nudge_.expires_after(span);
  boost::system::error_code woken;
  co_await nudge_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<bool> OutboxRelay::pass() {
  Pass pass;
  pass.sent.assign(backlog_.sent_ids().begin(), backlog_.sent_ids().end());
  const auto now = steady_clock::now();
  pass.filter = backlog_.begin_read(now);
  if (!stopping_) pass.limit = std::min(kReadMax, static_cast<std::int64_t>(pass.filter.limit));
  const bool all_in_memory = !more_ && pass.limit > 0 && pass.filter.keys.empty();
  pass.count = !all_in_memory && now - counted_at_ >= kCountEvery;
  std::string trouble;
  try {
    co_await database_.transact(std::ref(pass));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    trouble = error.what();
  } catch (const std::runtime_error& error) {  // SqlError, DatabaseDown, InDoubt
    trouble = error.what();
  }
  const bool answered = trouble.empty();
  if (answered) {
    take_over(pass);
  } else if (reachable_) {
    base::log("outbox")->warn("relay waits for the database why={}", base::log_quoted(trouble));
  }
  reachable_ = answered;
  co_return answered;
}

void OutboxRelay::take_over(const Pass& pass) {
  backlog_.deleted(pass.sent);
  if (leading_ && !pass.held) base::log("outbox")->warn("relay lost its lock, another one has it");
  leading_ = pass.held;
  if (leading_) {
    backlog_.load(pass.rows);
  } else {
    backlog_.clear();
  }
  more_ = pass.limit > 0 && std::ssize(pass.rows) == pass.limit;
  note_backlog(pass);
}

// Counting is for the times when not all rows are in memory.
void OutboxRelay::note_backlog(const Pass& pass) {
  std::optional<base::Time> oldest;
  if (pass.count || !pass.held) {
    counted_at_ = steady_clock::now();
    stats_.unsent = pass.counted;
    oldest = pass.oldest;
  } else if (!more_ && pass.limit > 0 && pass.filter.keys.empty()) {
    stats_.unsent = static_cast<std::int64_t>(backlog_.unsent());
    oldest = backlog_.oldest();
  } else {
    return;
  }
  if (woken_) stats_.unsent = std::max<std::int64_t>(stats_.unsent, 1);
  stats_.oldest = oldest ? std::max(base::SystemClock().now() - *oldest, 0ms) : 0ms;
}

void OutboxRelay::start_sends() {
  const auto now = steady_clock::now();
  if (stopping_ || !leading_ || (outage_ && now < outage_until_)) return;
  const std::size_t most = outage_ ? 1 : kParallel;  // in an outage one message finds out
  while (backlog_.out() < most) {
    auto row = backlog_.take();
    if (!row) return;
    sends_.spawn("outbox send", send_one(*std::move(row)));
  }
}

asio::awaitable<void> OutboxRelay::send_one(Row row) {
  try {
    co_await send_(row.message);
    succeeded(row);
  } catch (const mq::client::SendError& error) {
    const bool silent = error.code() == -1;
    failed(row, silent ? OutboxBacklog::Failure::unanswered : OutboxBacklog::Failure::refused, error.what());
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    failed(row, OutboxBacklog::Failure::unanswered, error.what());
  } catch (const std::exception& error) {
    failed(row, OutboxBacklog::Failure::refused, error.what());
  }
  start_sends();
  woken_ = true;
  nudge_.cancel();
}

void OutboxRelay::succeeded(const Row& row) {
  ++stats_.sent;
  backlog_.sent(row);
  broker_answers();
}

void OutboxRelay::broker_answers() {
  unanswered_.clear();
  if (!outage_) return;
  outage_ = false;
  outage_pause_ = 0ms;
  backlog_.release_unanswered();
  base::log("outbox")->info("broker answers again unsent={}", stats_.unsent);
}

void OutboxRelay::failed(const Row& row, OutboxBacklog::Failure why, const std::string& what) {
  const auto now = steady_clock::now();
  ++stats_.failed;
  backlog_.failed(row, why, now);
  if (why == OutboxBacklog::Failure::refused) {
    broker_answers();
    return warn(row, what);
  }
  if (unanswered_.size() < kParallel) unanswered_.insert(row.message.key);
  if (!outage_ && unanswered_.size() < 2) return warn(row, what);
  if (!outage_)
    base::log("outbox")->warn("broker does not answer, messages wait why={}", base::log_quoted(what));
  outage_ = true;
  if (now < outage_until_) return;  // the others of the same flight
  outage_pause_ =
      std::clamp<std::chrono::milliseconds>(outage_pause_ * 2, kFirstOutagePause, kLongestOutagePause);
  outage_until_ = now + outage_pause_;
}

void OutboxRelay::warn(const Row& row, const std::string& what) {
  const auto now = steady_clock::now();
  if (now - warned_at_ < kWarnEvery) {
    ++unsaid_;
    return;
  }
  warned_at_ = now;
  base::log("outbox")->warn("message not sent, will retry key={} id={} others={} why={}",
                            base::log_quoted(row.message.key), row.id, unsaid_, base::log_quoted(what));
  unsaid_ = 0;
}

}  // namespace chassis
