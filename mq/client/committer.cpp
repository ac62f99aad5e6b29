#include "mq/client/committer.hpp"

#include <set>

namespace mq::client {
namespace asio = boost::asio;

std::vector<std::shared_ptr<ConsumedQueue>> Committer::changed() const {
  std::vector<std::shared_ptr<ConsumedQueue>> queues;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [id, queue] : state_.queues) {
    if (state_.may_commit(*queue, now) && queue->messages.committable() != queue->committed) {
      queues.push_back(queue);
    }
  }
  return queues;
}

asio::awaitable<void> Committer::run() {
  for (;;) {
    co_await base::sleep_for(state_.options.commit_interval);
    std::set<std::string> silent;  // a broker that failed once in this round would make all others wait
    for (const auto& queue : changed()) {
      if (queue->messages.dropped() || silent.contains(queue->id.broker)) continue;
      if (!state_.may_commit(*queue, std::chrono::steady_clock::now())) continue;  // those before took long
      const auto offset = queue->messages.committable();
      const auto error = co_await offsets_.commit_oneway(queue->id, offset);
      if (error) {
        silent.insert(queue->id.broker);
      } else {
        queue->committed = offset;
      }
    }
  }
}

asio::awaitable<void> Committer::commit_all(base::Deadline deadline) {
  std::set<std::string> silent;
  for (const auto& queue : changed()) {
    if (silent.contains(queue->id.broker)) continue;
    const auto offset = queue->messages.committable();
    const auto error = co_await offsets_.commit(queue->id, offset, deadline);
    if (!error) {
      queue->committed = offset;
      continue;
    }
    silent.insert(queue->id.broker);
    base::log("mq.client")
        ->warn("offsets were not stored, messages will come again group={} broker={} error={}",
               state_.options.group, queue->id.broker, base::log_quoted(error.message()));
  }
}

}  // namespace mq::client
