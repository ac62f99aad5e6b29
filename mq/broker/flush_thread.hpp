#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "mq/storage/message_store.hpp"

namespace mq::broker {

// Runs one sync at a time beside the hot thread; while it runs, the hot thread stages and writes what
// the next one will cover. That is the whole of group commit.
//
// Thread rule: submit() from the hot thread; `finished` is called on the flush thread and has to carry
// the job home (asio::post). A failed sync ends the process before anyone could be told of it.
class FlushThread {
 public:
  using Job = std::shared_ptr<storage::MessageStore::SyncJob>;
  using Finished = std::function<void(Job)>;

  explicit FlushThread(Finished finished);
  ~FlushThread();  // the job in hand ends first
  FlushThread(const FlushThread&) = delete;
  FlushThread& operator=(const FlushThread&) = delete;

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
