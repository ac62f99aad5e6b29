#pragma once
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mq/client/admin.hpp"
#include "mq/model/message.hpp"

namespace cli {

// One event as a line: time, order, what happened, and what matters of it. A body that is not an event is
// shown shortened.
std::string format_event(const mq::ReceivedMessage& message);

// Follows topics without a consumer group: nothing of it is left on the broker, and nobody's offsets move.
class EventFeed {
 public:
  using Sink = std::function<void(const mq::ReceivedMessage&)>;
  enum class From { now, beginning };

  EventFeed(mq::client::Admin& admin, std::vector<std::string> topics, Sink sink);

  // Until cancelled; a broker that is away is waited for. Topics that appear later are shown from their
  // beginning.
  boost::asio::awaitable<void> run(From from);

  // Hands on what is new, in the order it was stored. Throws when the broker does not answer; then
  // nothing was handed on.
  boost::asio::awaitable<void> look();

 private:
  boost::asio::awaitable<std::vector<mq::client::QueueState>> queues_of(std::string topic);
  boost::asio::awaitable<void> skip_to_end();

  mq::client::Admin& admin_;
  std::vector<std::string> topics_;
  Sink sink_;
  std::map<mq::MessageQueue, std::int64_t> next_;
};

}  // namespace cli
