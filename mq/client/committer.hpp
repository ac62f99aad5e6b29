#pragma once
#include <boost/asio/awaitable.hpp>

#include "mq/client/consumer_state.hpp"
#include "mq/client/offset_store.hpp"

namespace mq::client {

// Carries the offsets of all queues of a consumer to the brokers: regularly what changed, and at the end
// everything, confirmed.
class Committer {
 public:
  Committer(ConsumerState& state, OffsetStore& offsets) : state_(state), offsets_(offsets) {}

  // For ever. Unconfirmed: what gets lost with a connection is repeated by the next pull or commit.
  boost::asio::awaitable<void> run();
  // Waits for the brokers' word, at most until `deadline`.
  boost::asio::awaitable<void> commit_all(base::Deadline deadline);

 private:
  [[nodiscard]] std::vector<std::shared_ptr<ConsumedQueue>> changed() const;

  ConsumerState& state_;
  OffsetStore& offsets_;
};

}  // namespace mq::client
