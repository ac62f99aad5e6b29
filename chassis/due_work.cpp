#include "chassis/due_work.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

#include "mq/base/log.hpp"

namespace chassis {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kAfterTrouble{1};
// Rows may come from elsewhere (a restart, a person): the table is read now and then unasked.
constexpr int kLooksBetweenReads = 20;

}  // namespace

std::chrono::milliseconds doubling_pause(std::int64_t attempts, std::chrono::milliseconds first,
                                         std::chrono::milliseconds longest) {
  const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 16);
  return std::min(longest, first * (std::int64_t{1} << doublings));
}

DueLoop::DueLoop(Service& service, std::string name, DueWork& work, std::size_t jobs_max)
    : service_(service),
      name_(std::move(name)),
      work_(work),
      jobs_max_(jobs_max),
      signal_(service.executor()),
      jobs_(service.executor()) {
  service_.idle_when({name_, [this] { return at_work(); }});
  service_.next_due([this] { return next_due_; });
}

void DueLoop::wake() {
  woken_ = true;
  signal_.cancel();
}

void DueLoop::expect(base::Time at) {
  if (!next_due_ || at < *next_due_) next_due_ = at;
  // A look under way may have read the table before the row was there.
  if (looking_) woken_ = true;
  if (is_due()) signal_.cancel();
}

bool DueLoop::is_due() const { return next_due_ && *next_due_ <= service_.clock().now(); }

std::string DueLoop::at_work() const {
  if (!in_flight_.empty()) return std::to_string(in_flight_.size()) + " at work";
  return woken_ || looking_ || is_due() ? "about to look" : "";
}

void DueLoop::note_trouble(const std::string& trouble) {
  pause_until_ = std::chrono::steady_clock::now() + kAfterTrouble;
  woken_ = true;
  if (trouble == last_trouble_) return;
  base::log(name_)->warn("cannot work, goes on trying reason=\"{}\"", trouble);
  last_trouble_ = trouble;
}

boost::asio::awaitable<void> DueLoop::run_job(DueWork::Job job) {
  std::string trouble;
  try {
    co_await job.run();
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    trouble = e.what();
  } catch (const std::exception& e) {
    trouble = e.what();
  }
  in_flight_.erase(job.key);
  if (looking_) ended_in_look_.insert(job.key);
  if (!trouble.empty()) {
    note_trouble(trouble);
  } else if (full_ || in_flight_.empty()) {
    // Otherwise a look would read the rows in flight once more: the next one comes soon enough.
    wake();
  }
}

boost::asio::awaitable<void> DueLoop::round() {
  woken_ = false;
  ended_in_look_.clear();
  // Rows in flight are still due in the table: ask past them.
  auto jobs = co_await work_.due(service_.clock().now(), jobs_max_);
  full_ = jobs.size() >= jobs_max_;
  for (auto& job : jobs) {
    if (in_flight_.size() >= jobs_max_) break;
    // Read before its job had changed it: what was read is no longer so.
    if (ended_in_look_.contains(job.key)) continue;
    if (!in_flight_.insert(job.key).second) continue;
    const auto name = name_ + " " + job.key;
    jobs_.spawn(name, run_job(std::move(job)));
  }
  next_due_ = co_await work_.next_due();
  last_trouble_.clear();
}

boost::asio::awaitable<void> DueLoop::loop() {
  for (int looks = 0;; ++looks) {
    const bool paused = std::chrono::steady_clock::now() < pause_until_;
    const bool room = in_flight_.size() < jobs_max_;
    if (!paused && room && (woken_ || is_due() || looks % kLooksBetweenReads == 0)) {
      looking_ = true;
      std::string trouble;
      try {
        co_await round();
      } catch (const boost::system::system_error& e) {
        if (e.code() == boost::asio::error::operation_aborted) throw;
        trouble = e.what();
      } catch (const std::exception& e) {
        trouble = e.what();
      }
      looking_ = false;
      if (!trouble.empty()) note_trouble(trouble);
      if (woken_ && trouble.empty()) continue;
    }
    signal_.expires_after(kLook);
    boost::system::error_code woken;
    co_await signal_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  }
}

boost::asio::awaitable<void> DueLoop::run() {
  try {
    co_await loop();
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::asio::error::operation_aborted) throw;
  }
  // Cancelled: without the reset every further co_await would throw, and jobs would outlive the loop.
  co_await boost::asio::this_coro::reset_cancellation_state();
  co_await jobs_.stop();
}

}  // namespace chassis
