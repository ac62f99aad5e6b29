#pragma once
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

#include "chassis/service.hpp"
#include "contracts/envelope.hpp"
#include "mq/client/push_consumer.hpp"

namespace chassis {

// One consumer group of a service: decodes the envelope, keeps the log and metrics, maps trouble to
// verdicts. A message that cannot be decoded or has an unknown version is rejected, and so is one whose
// values no column can hold; DatabaseDown, InDoubt and any other exception mean retry_later.
//
// The envelope's traceparent is already a step of its own: it goes into what the handler causes.
using EventHandler = std::function<boost::asio::awaitable<mq::client::Verdict>(contracts::Envelope)>;

class EventConsumer {
 public:
  EventConsumer(Service& service, mq::client::Client& client, mq::client::ConsumerOptions options,
                EventHandler handler);
  EventConsumer(const EventConsumer&) = delete;
  EventConsumer& operator=(const EventConsumer&) = delete;

  // Runs as a task of the service and stops in good order with it. The service is busy while messages
  // are buffered or handled, and until the group knows us. Call once, in place of run() and stop().
  void start();

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> stop();

  [[nodiscard]] mq::client::PushConsumer::Stats stats() const { return consumer_.stats(); }

 private:
  Service& service_;
  std::string group_;
  mq::client::PushConsumer consumer_;
};

// A concurrent group on one topic, with the filter expression of its tags. As many handlers at work as
// `database` has connections: one more could only wait.
mq::client::ConsumerOptions consumer_options(std::string_view group, std::string_view topic,
                                             const Database& database, std::string_view tags = "*");

// What an EventConsumer does with one message. `metrics` and `random` outlive the consumer.
mq::client::PushConsumer::Handler handle_events(std::string group, EventHandler handler, Metrics& metrics,
                                                const base::RandomSource& random);

}  // namespace chassis
