#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "mq/base/assert.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// A thread for the store's jobs, one at a time. It sees what a job holds, never the broker's state.
//
// Thread rule: submit() from the hot thread; `work` runs on this thread and has to carry the job home
// (asio::post).
template <class Job>
class JobThread {
 public:
  using Work = std::function<void(std::shared_ptr<Job>)>;

  explicit JobThread(Work work) : work_(std::move(work)), thread_([this] { run(); }) {}
  // The job in hand ends first.
  ~JobThread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

  // Pre: the job before has come home.
  void submit(std::shared_ptr<Job> job) {
    {
      const std::lock_guard lock(mutex_);
      BASE_ASSERT(!waiting_, "the store gives out one job at a time");
      waiting_ = std::move(job);
    }
    wake_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || waiting_ != nullptr; });
        if (!waiting_) return;
        job = std::exchange(waiting_, nullptr);
      }
      work_(std::move(job));
    }
  }

  Work work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<Job> waiting_;  // guarded by mutex_
  bool stop_ = false;             // guarded by mutex_
  std::thread thread_;
};

// Syncs the log beside the hot thread, which meanwhile stages and writes what the next sync will cover:
// that is the whole of group commit.
using FlushThread = JobThread<storage::MessageStore::SyncJob>;
// The store's upkeep: filling reserve segments, sealing indexes, removing files.
using JanitorThread = JobThread<storage::MessageStore::JanitorJob>;

}  // namespace mq::broker
