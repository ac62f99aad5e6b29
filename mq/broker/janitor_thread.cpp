#include "mq/broker/janitor_thread.hpp"

#include "mq/base/assert.hpp"

namespace mq::broker {

JanitorThread::JanitorThread(Finished finished)
    : finished_(std::move(finished)), thread_([this] { run(); }) {}

JanitorThread::~JanitorThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void JanitorThread::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    BASE_ASSERT(!waiting_, "the store gives out one janitor job at a time");
    waiting_ = std::move(job);
  }
  wake_.notify_one();
}

void JanitorThread::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || waiting_ != nullptr; });
      if (!waiting_) return;
      job = std::exchange(waiting_, nullptr);
    }
    auto outcome = job->run();
    finished_(std::move(job), std::move(outcome));
  }
}

}  // namespace mq::broker
