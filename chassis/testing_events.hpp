#pragma once
#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>
#include <vector>

#include "chassis/consumer.hpp"
#include "chassis/testing_service.hpp"
#include "contracts/event.hpp"
#include "contracts/events.hpp"

namespace chassis::testing {

// An event as its owner sends it, under an event id of its own.
template <class Data>
contracts::Envelope event_of(const std::string& order_no, const Data& data, std::int64_t sequence = 1) {
  const auto now = base::SystemClock().now();
  return contracts::make_event({.event_id = base::uuid_v7(now, base::system_random()),
                                .order_no = order_no,
                                .sequence = sequence,
                                .occurred_at = now,
                                .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                               data);
}

// The same news told anew: an owner that lost its memory of having told it.
inline contracts::Envelope reissued(contracts::Envelope event) {
  event.event_id = base::uuid_v7(base::SystemClock().now(), base::system_random());
  return event;
}

inline contracts::OrderPaid a_payment(std::int64_t paid_fen = 12'345) {
  return {.user_id = "buyer",
          .paid_fen = paid_fen,
          .paid_at = "2026-03-01T09:02:03.045Z",
          .channel = "alipay",
          .ship_to = {"王小明", "13800000000", "杭州", "文三路 1 号"},
          .lines = {{.sku = "SKU-1001", .name = "Tea", .quantity = 2, .unit_price_fen = paid_fen / 2}}};
}

// A consumer group without a queue before it: the loop that every service runs around its handler.
class TestGroup {
 public:
  TestGroup(TestService& host, std::string group, EventHandler handler)
      : host_(host),
        handle_(handle_events(std::move(group), std::move(handler), host.service().metrics(),
                              host.service().random())) {}

  mq::client::Verdict deliver(const std::string& body, const std::string& message_id = "m-1") {
    return begin(body, message_id).get();
  }
  mq::client::Verdict deliver(const contracts::Envelope& event, const std::string& message_id = "m-1") {
    return deliver(contracts::encode(event), message_id);
  }
  // All under way at the same time, as of a group that takes from many queues.
  std::vector<mq::client::Verdict> deliver_at_once(const std::vector<contracts::Envelope>& events) {
    std::vector<std::future<mq::client::Verdict>> under_way;
    for (const auto& event : events)
      under_way.push_back(begin(contracts::encode(event), "m-" + std::to_string(under_way.size())));
    std::vector<mq::client::Verdict> verdicts;
    for (auto& one : under_way) verdicts.push_back(one.get());
    return verdicts;
  }

 private:
  std::future<mq::client::Verdict> begin(const std::string& body, const std::string& message_id) {
    mq::ReceivedMessage message;
    message.topic = "order-events";
    message.id = message_id;
    message.body = body;
    return host_.begin([this, message]() -> boost::asio::awaitable<mq::client::Verdict> {
      co_return co_await handle_(message);
    });
  }

  TestService& host_;
  mq::client::PushConsumer::Handler handle_;
};

}  // namespace chassis::testing
