#include "mq/broker/commit_pass.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

#include "mq/broker/fatal.hpp"

namespace mq::broker {

CommitPass::CommitPass(net::Loop& loop, storage::MessageStore& store, FlushMode mode)
    : loop_(loop), store_(store), mode_(mode), timer_(loop.context()) {
  // A failed sync ends the process before anyone could be told of it.
  flush_thread_.emplace([this](std::shared_ptr<storage::MessageStore::SyncJob> job) {
    const auto began = std::chrono::steady_clock::now();
    if (const auto synced = job->run(); !synced) {
      die("the log cannot be synced to the disk (" + synced.error().message() + ")");
    }
    const auto took = std::chrono::steady_clock::now() - began;
    boost::asio::post(loop_.context(), [this, took, job = std::move(job)] {
      sync_times_.add(std::chrono::duration<double>(took).count());
      store_.synced(*job);
    });
  });
  loop_.add_hook([this] { return pass(); });
}

bool CommitPass::run(const std::vector<Step>& steps) {
  bool more = false;
  for (const auto& step : steps) more |= step(std::chrono::steady_clock::now() + kStepMax);
  return more;
}

bool CommitPass::pass() {
  bool more = run(before_write_);
  if (const auto written = store_.write_pass(); !written) {
    die("the log cannot be written (" + written.error().message() + ")");
  }
  const auto now = std::chrono::steady_clock::now();
  flush(now);
  more |= run(after_durable_);
  if (!more) set_alarm(now);
  return more;
}

// In async mode the sync goes on behind the answers, every half second: what a power cut can take.
void CommitPass::flush(Now now) {
  if (mode_ == FlushMode::async) {
    store_.assume_durable();
    if (now < next_async_flush_) return;
    next_async_flush_ = now + kAsyncFlushEvery;
  }
  if (auto job = store_.take_sync_job()) {
    flushing_ = job->target;
    flush_thread_->submit(std::move(job));
  }
}

// Re-arming costs a system call, so an alarm that is already early enough stays.
void CommitPass::set_alarm(Now now) {
  std::optional<Now> next;
  for (const auto& alarm : alarms_) {
    const auto at = alarm();
    if (at && (!next || *at < *next)) next = at;
  }
  if (mode_ == FlushMode::async && flushing_ < store_.written() && (!next || next_async_flush_ < *next)) {
    next = std::max(next_async_flush_, now);
  }
  if (!next || (armed_ && *armed_ <= *next && *armed_ > now)) return;
  armed_ = next;
  timer_.expires_at(*next);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) armed_.reset();
  });
}

}  // namespace mq::broker
