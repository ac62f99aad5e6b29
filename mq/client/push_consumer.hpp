#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mq/client/client.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

// What a handler says of a message. Throwing means retry_later.
enum class Verdict {
  done,         // never again
  retry_later,  // again after a growing pause; after the last attempt to the dead-letter topic
  reject,       // it can never succeed: to the dead-letter topic at once
};

enum class ConsumeMode { concurrent, orderly };
enum class ConsumeFrom { last_offset, first_offset };

struct ConsumerOptions {
  std::string group;
  std::map<std::string, std::string> subscriptions;  // topic -> "*" or "TagA || TagB"
  ConsumeMode mode = ConsumeMode::concurrent;
  ConsumeFrom from = ConsumeFrom::first_offset;  // where a group without offsets begins
  std::size_t concurrency = 8;                   // handlers at work; orderly: at most one per queue
  // Back-pressure, per process and group: pulling pauses above either.
  std::size_t buffered_messages_max = 1000;
  std::size_t buffered_bytes_max = std::size_t{32} << 20;
  std::int32_t pull_batch = 32;
  std::int32_t attempts_max = 16;  // retries before the dead-letter topic
  // Concurrent only: delay level (1 to 18) before every retry; 0: the broker's, from 10 s up to 2 h.
  std::int32_t retry_level = 0;
  // Orderly only: pause before the same message again, doubling up to the maximum.
  std::chrono::milliseconds orderly_pause{1000};
  std::chrono::milliseconds orderly_pause_max{30'000};
  // Orderly only: how often queue locks are renewed. One is trusted half as long again without renewal;
  // brokers keep it for 60 s, so stay below 40 s.
  std::chrono::milliseconds lock_interval{20'000};
  std::chrono::milliseconds commit_interval{5000};
  // How long a broker may hold a pull without news. A group that filters by tag learns only from the answer
  // that it has passed messages it does not want: until then they count as its lag.
  std::chrono::milliseconds poll_hold{15'000};
  std::chrono::milliseconds rebalance_interval{20'000};
};

// Pulls the queues that are its share of the group, hands messages to the handler and keeps the
// group's offsets. At least once: a message may come again, after a crash or when queues change hands.
//
// Invariant: the committed offset of a queue never passes a message whose handler has not given a
// verdict, and in orderly mode no two messages of a queue are ever handled at the same time.
class PushConsumer {
 public:
  using Handler = std::function<boost::asio::awaitable<Verdict>(ReceivedMessage)>;

  PushConsumer(Client& client, ConsumerOptions options, Handler handler);
  ~PushConsumer();
  PushConsumer(const PushConsumer&) = delete;
  PushConsumer& operator=(const PushConsumer&) = delete;

  // Joins the group and works until stop() or cancellation. Trouble with brokers is retried for ever
  // and logged once per kind; only misuse throws.
  boost::asio::awaitable<void> run();

  // Stops pulling, lets running handlers finish within `grace`, commits offsets, unlocks, leaves the
  // group: what it took and finished is not delivered again.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds grace = std::chrono::seconds{10});

  struct Stats {
    std::uint64_t done = 0, retried = 0, rejected = 0, failed_pulls = 0;
    std::size_t buffered = 0, in_flight = 0, queues = 0;
    // The last look at routes and members was whole, so that `queues` are our share. False from the start to
    // the first such look, and while brokers do not answer or have forgotten us.
    bool joined = false;
  };
  [[nodiscard]] Stats stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // queue coroutines keep it until they end
};

}  // namespace mq::client
