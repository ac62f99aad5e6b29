#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "mq/base/result.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Runs the store's upkeep (filling reserve segments, sealing indexes, removing files), one job at a
// time. It sees immutable handles only, never the broker's state. Unlike a failed sync, a failed job is
// reported back: the store tries again or does without.
//
// Thread rule: submit() from the hot thread; `finished` is called on the janitor's thread.
class JanitorThread {
 public:
  using Job = std::shared_ptr<storage::MessageStore::JanitorJob>;
  using Finished = std::function<void(Job, base::Result<>)>;

  explicit JanitorThread(Finished finished);
  ~JanitorThread();
  JanitorThread(const JanitorThread&) = delete;
  JanitorThread& operator=(const JanitorThread&) = delete;

  // Pre: the job before has been finished.
  void submit(Job job);

 private:
  void run();

  Finished finished_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Job waiting_;        // guarded by mutex_
  bool stop_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace mq::broker
