#pragma once
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

#include "chassis/service.hpp"
#include "contracts/envelope.hpp"
#include "mq/client/push_consumer.hpp"

namespace chassis {

// One consumer group of a service: decodes the envelope, keeps the log and metrics, maps trouble to
// verdicts. A message that cannot be decoded or has an unknown version is rejected; DatabaseDown,
// InDoubt and any other exception mean retry_later.
using EventHandler = std::function<boost::asio::awaitable<mq::client::Verdict>(contracts::Envelope)>;

class EventConsumer {
 public:
  EventConsumer(Service& service, mq::client::Client& client, mq::client::ConsumerOptions options,
                EventHandler handler);
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> stop();

 private:
  Service& service_;
  std::string group_;
  EventHandler handler_;
  mq::client::PushConsumer consumer_;
};

}  // namespace chassis
