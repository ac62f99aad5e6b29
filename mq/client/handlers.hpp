#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

#include "mq/base/aio/task_group.hpp"
#include "mq/client/consumer_state.hpp"
#include "mq/client/send_back.hpp"

namespace mq::client {

// Hands messages to the user's handler, `concurrency` at a time, all queues in turn, and carries out its
// verdicts. A message is finished only when its verdict is carried out: done, or given back to the
// cluster, or in the dead letters.
//
// Orderly queues give out one message at a time, only under a valid lock; a message that is to be tried
// again is held in place while other queues go on.
class Handlers {
 public:
  Handlers(boost::asio::any_io_executor executor, ConsumerState& state, SendBack& send_back)
      : state_(state), send_back_(send_back), tasks_(std::move(executor)) {}

  void start();
  // Pre: state.stopping. Waits for running handlers and their verdicts, cancels what is left at the
  // deadline.
  boost::asio::awaitable<void> stop(base::Deadline deadline);

 private:
  struct Job {
    std::shared_ptr<ConsumedQueue> queue;
    ProcessQueue::Work work;
    int attempt = 0;  // of this consumer, in place
  };

  boost::asio::awaitable<void> work();
  // The next message that may be handled now; else `wake` says when one of those held may be.
  std::optional<Job> next_job(base::Deadline& wake);
  std::optional<Job> job_of(const std::shared_ptr<ConsumedQueue>& queue, base::Deadline now,
                            base::Deadline& wake);
  boost::asio::awaitable<void> handle(Job job);
  boost::asio::awaitable<Verdict> judge(ReceivedMessage message);
  boost::asio::awaitable<void> settle_orderly(Job job, Verdict verdict);
  boost::asio::awaitable<void> give_back(Job job, Fate fate);
  void hold(Job job);
  void finish(const Job& job);

  ConsumerState& state_;
  SendBack& send_back_;
  MessageQueue last_served_;
  std::size_t workers_ = 0;
  std::size_t giving_back_ = 0;
  base::TaskGroup tasks_;
};

}  // namespace mq::client
