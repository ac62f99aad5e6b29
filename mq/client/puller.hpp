#pragma once
#include <boost/asio/awaitable.hpp>

#include <memory>

#include "mq/client/backoff.hpp"
#include "mq/client/consumer_state.hpp"
#include "mq/client/offset_store.hpp"

namespace mq::client {

// Fills the process queue of one queue: finds where to begin, then pulls with long polls as long as the
// queue is ours and there is room (rocketmq-wire.md 4.5). One coroutine per queue.
class Puller {
 public:
  Puller(ConsumerState& state, OffsetStore& offsets) : state_(state), offsets_(offsets) {}

  // Until the queue is dropped.
  boost::asio::awaitable<void> run(std::shared_ptr<ConsumedQueue> queue);

 private:
  boost::asio::awaitable<void> position(std::shared_ptr<ConsumedQueue> queue);
  boost::asio::awaitable<void> pull_once(std::shared_ptr<ConsumedQueue> queue, Backoff& pause);
  boost::asio::awaitable<void> wait_after(std::shared_ptr<ConsumedQueue> queue, std::string error,
                                          Backoff& pause);
  boost::asio::awaitable<void> refused(std::shared_ptr<ConsumedQueue> queue, std::int32_t code,
                                       std::string remark, Backoff& pause);
  boost::asio::awaitable<void> moved(std::shared_ptr<ConsumedQueue> queue, std::int64_t offset);

  [[nodiscard]] bool has_room(const ConsumedQueue& queue) const;
  [[nodiscard]] protocol::Command request(const ConsumedQueue& queue, bool to_master) const;
  // False when the body does not decode.
  [[nodiscard]] bool take_in(ConsumedQueue& queue, const protocol::Command& answer, std::int64_t next);

  ConsumerState& state_;
  OffsetStore& offsets_;
};

}  // namespace mq::client
