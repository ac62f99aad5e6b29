#include "chassis/database.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "chassis/open_transaction.hpp"
#include "mq/base/assert.hpp"
#include "mq/base/log.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int kRetriesMax = 6;  // after deadlocks and serialisation failures
constexpr auto kFirstPause = 10ms;
constexpr auto kLongestPause = 500ms;

// One transact() on its way through the pool. Its caller's frame lives until finish() has run.
struct Job {
  enum class State { waiting, taken, finished };

  explicit Job(std::function<void(Transaction&)> w) : work(std::move(w)) {}

  void finish(std::exception_ptr failure) {
    asio::post(executor, [resume = std::move(done), error = std::move(failure)]() mutable {
      resume(std::move(error));
    });
    executor = nullptr;
  }

  std::function<void(Transaction&)> work;
  std::function<void(std::exception_ptr)> done;
  asio::any_io_executor executor;  // tracked: an io_context with a transaction under way has work
  std::atomic<State> state = State::waiting;
};
using JobPtr = std::shared_ptr<Job>;

std::exception_ptr failure(asio::error::basic_errors code) {
  return std::make_exception_ptr(boost::system::system_error(code));
}

// Running again may help, without any doubt about what happened.
bool undecided(const SqlError& error) {
  return error.lock_timeout() || error.state() == "57014";  // the zombie still holds its rows
}

}  // namespace

class Database::Impl {
 public:
  Impl(asio::any_io_executor executor, DatabaseOptions options)
      : executor_(std::move(executor)), options_(std::move(options)), plan_(plan_connection(options_)) {
    BASE_ASSERT(options_.connections > 0, "a pool has connections");
    for (std::size_t i = 0; i < options_.connections; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  template <class Handler>
  void submit(const JobPtr& job, Handler handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([this, weak = std::weak_ptr(job)](asio::cancellation_type type) {
        if ((type & asio::cancellation_type::terminal) == asio::cancellation_type::none) return;
        withdraw(weak, asio::error::operation_aborted);
      });
    }
    const auto home = asio::get_associated_executor(handler, executor_);
    job->executor = asio::prefer(home, asio::execution::outstanding_work.tracked);
    // Boost 1.81's any_completion_handler cannot be assigned (it recurses for ever).
    const auto shared = std::make_shared<Handler>(std::move(handler));
    job->done = [shared](std::exception_ptr error) { std::move (*shared)(std::move(error)); };
    const auto refused = enqueue(job);
    if (refused) job->finish(refused);
  }

  // Takes a job that still waits out of the queue.
  void withdraw(const std::weak_ptr<Job>& weak, asio::error::basic_errors why) {
    const auto job = weak.lock();
    if (!job || job->state != Job::State::waiting) return;
    {
      const std::lock_guard lock(mutex_);
      const auto place = std::ranges::find(waiting_, job);
      if (place == waiting_.end()) return;
      waiting_.erase(place);
      job->state = Job::State::finished;
    }
    job->finish(failure(why));
  }

  void close() {
    std::deque<JobPtr> orphans;
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      orphans.swap(waiting_);
    }
    changed_.notify_all();
    closed_.notify_all();
    for (const auto& job : orphans) {
      job->state = Job::State::finished;
      job->finish(failure(asio::error::operation_aborted));
    }
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  [[nodiscard]] Stats stats() const {
    const std::lock_guard lock(mutex_);
    Stats copy = stats_;
    copy.waiting = waiting_.size();
    return copy;
  }

  [[nodiscard]] const DatabaseOptions& options() const { return options_; }
  [[nodiscard]] asio::any_io_executor executor() const { return executor_; }

 private:
  using Slot = std::unique_ptr<Connection>;

  std::exception_ptr enqueue(const JobPtr& job) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_ || waiting_.size() >= options_.waiting_max) {
        job->state = Job::State::finished;
        return failure(closing_ ? asio::error::operation_aborted : asio::error::timed_out);
      }
      waiting_.push_back(job);
    }
    changed_.notify_one();
    return nullptr;
  }

  JobPtr next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return nullptr;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    job->state = Job::State::taken;
    ++stats_.busy;
    return job;
  }

  // One thread, one connection.
  void serve() {
    Slot connection;
    std::minstd_rand random(std::random_device{}());
    while (const auto job = next()) {
      std::exception_ptr error;
      try {
        settle(connection, job->work, random);
        count(&Stats::transactions);
      } catch (...) {  // travels to the coroutine that waits
        error = std::current_exception();
        count(&Stats::rolled_back);
      }
      {
        const std::lock_guard lock(mutex_);
        --stats_.busy;
      }
      job->finish(std::move(error));
    }
  }

  // Runs the transaction until its outcome is known. Once a COMMIT went out without an answer, only a
  // run that ends in an answer settles it: its unique insert waits for the zombie and decides.
  void settle(Slot& connection, const std::function<void(Transaction&)>& work, std::minstd_rand& random) {
    std::optional<std::chrono::steady_clock::time_point> doubt_ends;
    std::string doubt;
    for (int retries = 0;; ++retries) {
      try {
        once(connection, work);
        return;
      } catch (const InDoubt& error) {
        count(&Stats::in_doubt);
        doubt = error.what();
        base::log("database")
            ->warn("commit in doubt, it runs again schema={} why={}", options_.schema,
                   base::log_quoted(doubt));
        if (!doubt_ends) doubt_ends = std::chrono::steady_clock::now() + options_.in_doubt_budget;
      } catch (const DatabaseDown&) {
        if (!doubt_ends) throw;
      } catch (const SqlError& error) {
        const bool again = error.retryable() && retries < kRetriesMax;
        if (!again && !(doubt_ends && (undecided(error) || error.retryable()))) throw;
      }
      if (doubt_ends && !worth_another(*doubt_ends)) throw InDoubt(doubt);
      count(&Stats::retried);
      pause(retries, random);
    }
  }

  void once(Slot& connection, const std::function<void(Transaction&)>& work) {
    const Discard discard{*this, connection};
    const auto transaction = begin(connection);
    work(*transaction);
    transaction->commit();
  }

  std::unique_ptr<OpenTransaction> begin(Slot& connection) {
    if (connection) {
      try {
        return std::make_unique<OpenTransaction>(*connection);
      } catch (const DatabaseDown&) {  // it died while it was idle; the body has not begun
        discard(connection);
      }
    }
    connection = std::make_unique<Connection>(plan_, watchdog_);
    return std::make_unique<OpenTransaction>(*connection);
  }

  // A broken connection is not used again.
  struct Discard {
    Impl& pool;
    Slot& connection;
    ~Discard() {
      if (!connection || !connection->broken()) return;
      pool.discard(connection);
    }
  };

  void discard(Slot& connection) {
    connection.reset();
    count(&Stats::broken);
    base::log("database")
        ->warn("connection broke, the next transaction makes a new one schema={}", options_.schema);
  }

  bool worth_another(std::chrono::steady_clock::time_point until) {
    const std::lock_guard lock(mutex_);
    return !closing_ && std::chrono::steady_clock::now() < until;
  }

  void pause(int retries, std::minstd_rand& random) {
    const auto longest =
        std::min<std::chrono::milliseconds>(kFirstPause * (1 << std::min(retries, 10)), kLongestPause);
    std::uniform_int_distribution<std::int64_t> jitter(longest.count() / 2, longest.count());
    std::unique_lock lock(mutex_);
    closed_.wait_for(lock, std::chrono::milliseconds(jitter(random)), [this] { return closing_; });
  }

  void count(std::uint64_t Stats::* counter) {
    const std::lock_guard lock(mutex_);
    ++(stats_.*counter);
  }

  asio::any_io_executor executor_;
  DatabaseOptions options_;
  ConnectionPlan plan_;
  Watchdog watchdog_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // something waits, or closing
  std::condition_variable closed_;   // a pause ends early; apart, so that it takes no one's notification
  std::deque<JobPtr> waiting_;
  Stats stats_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

Database::Database(asio::any_io_executor executor, DatabaseOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}
Database::~Database() = default;
void Database::close() { impl_->close(); }
Database::Stats Database::stats() const { return impl_->stats(); }
std::size_t Database::size() const { return impl_->options().connections; }
const DatabaseOptions& Database::options() const { return impl_->options(); }
asio::any_io_executor Database::executor() const { return impl_->executor(); }

asio::awaitable<void> Database::run(std::function<void(Transaction&)> work) {
  const auto job = std::make_shared<Job>(std::move(work));
  asio::steady_timer patience(impl_->executor(), impl_->options().queue_timeout);
  patience.async_wait([pool = impl_.get(), weak = std::weak_ptr(job)](boost::system::error_code stopped) {
    if (!stopped) pool->withdraw(weak, asio::error::timed_out);
  });
  auto enqueue = [pool = impl_.get(), job](auto handler) { pool->submit(job, std::move(handler)); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(std::move(enqueue),
                                                                                         asio::use_awaitable);
}

asio::awaitable<bool> Database::alive() {
  const auto ask = [](Transaction& tx) { tx.run({"alive", "SELECT 1"}); };
  try {
    co_await transact(ask);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::timed_out) throw;
    co_return false;
  } catch (const DatabaseDown&) {
    co_return false;
  } catch (const InDoubt&) {
    co_return false;
  } catch (const SqlError&) {
    co_return false;
  }
  co_return true;
}

}  // namespace chassis
