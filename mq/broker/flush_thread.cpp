#include "mq/broker/flush_thread.hpp"

#include <string>

#include "mq/base/assert.hpp"
#include "mq/broker/fatal.hpp"

namespace mq::broker {

FlushThread::FlushThread(Finished finished) : finished_(std::move(finished)), thread_([this] { run(); }) {}

FlushThread::~FlushThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void FlushThread::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    BASE_ASSERT(!waiting_, "the store gives out one sync job at a time");
    waiting_ = std::move(job);
  }
  wake_.notify_one();
}

void FlushThread::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || waiting_ != nullptr; });
      if (!waiting_) return;
      job = std::exchange(waiting_, nullptr);
    }
    if (const auto synced = job->run(); !synced) {
      die("the log cannot be synced to the disk (" + synced.error().message() + ")");
    }
    finished_(std::move(job));
  }
}

}  // namespace mq::broker
