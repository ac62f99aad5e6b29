#include "chassis/consumer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <stdexcept>

#include "chassis/trace.hpp"

namespace chassis {
namespace {
namespace asio = boost::asio;
using mq::client::Verdict;
using testing::HasSubstr;

class ConsumerTest : public testing::Test {
 protected:
  // What becomes of a message with this body.
  Verdict handle(std::string body, EventHandler handler) {
    mq::ReceivedMessage message;
    message.topic = "order-events";
    message.id = "m-1";
    message.body = std::move(body);
    const auto loop = handle_events("coupon-grant", std::move(handler), metrics_, random_);
    asio::io_context io(1);
    std::optional<Verdict> verdict;
    asio::co_spawn(io, loop(std::move(message)), [&](std::exception_ptr error, Verdict v) {
      if (error) std::rethrow_exception(error);
      verdict = v;
    });
    testing::internal::CaptureStderr();
    try {
      io.run();
    } catch (...) {
      log_ = testing::internal::GetCapturedStderr();
      throw;
    }
    log_ = testing::internal::GetCapturedStderr();
    return verdict.value();
  }
  static std::string event(std::int32_t version = 1, const std::string& traceparent = {}) {
    contracts::Envelope envelope;
    envelope.event_id = "e-1";
    envelope.type = "OrderPaid";
    envelope.version = version;
    envelope.order_no = "8261";
    envelope.sequence = 2;
    envelope.traceparent = traceparent;
    envelope.data = boost::json::object{};
    return contracts::encode(envelope);
  }
  static EventHandler says(Verdict verdict) {
    return [verdict](contracts::Envelope) -> asio::awaitable<Verdict> { co_return verdict; };
  }
  template <class Exception>
  static EventHandler throws(Exception exception) {
    return [exception](contracts::Envelope) -> asio::awaitable<Verdict> {
      throw exception;
      co_return Verdict::done;
    };
  }

  Metrics metrics_;
  base::RandomSource random_ = base::system_random();
  std::string log_;
};

TEST_F(ConsumerTest, TheHandlersVerdictCounts) {
  for (const auto verdict : {Verdict::done, Verdict::retry_later, Verdict::reject}) {
    EXPECT_EQ(handle(event(), says(verdict)), verdict);
  }
  EXPECT_THAT(
      metrics_.text(),
      HasSubstr("event_seconds_count{group=\"coupon-grant\",topic=\"order-events\",verdict=\"reject\"} 1"));
}

TEST_F(ConsumerTest, WhatCannotBeReadIsRejectedWithoutTheHandler) {
  const auto never = [](contracts::Envelope) -> asio::awaitable<Verdict> {
    ADD_FAILURE() << "the handler was called";
    co_return Verdict::done;
  };
  EXPECT_EQ(handle("hello", never), Verdict::reject);
  EXPECT_EQ(handle("{}", never), Verdict::reject);
  EXPECT_EQ(handle("", never), Verdict::reject);
  EXPECT_EQ(handle(event(2), never), Verdict::reject);
  EXPECT_THAT(log_, HasSubstr("version 2 is not known"));
  EXPECT_THAT(log_, HasSubstr("group=coupon-grant"));
}

TEST_F(ConsumerTest, EveryTroubleIsWorthAnotherTry) {
  EXPECT_EQ(handle(event(), throws(DatabaseDown("no route to host"))), Verdict::retry_later);
  EXPECT_THAT(log_, HasSubstr("error=\"no route to host\""));
  EXPECT_THAT(log_, HasSubstr("order_no=\"8261\""));
  EXPECT_EQ(handle(event(), throws(InDoubt("?"))), Verdict::retry_later);
  EXPECT_EQ(handle(event(), throws(SqlError("40P01", "", "deadlock"))), Verdict::retry_later);
  EXPECT_EQ(handle(event(), throws(std::logic_error("a bug"))), Verdict::retry_later);
  EXPECT_EQ(handle(event(), throws(boost::system::system_error(asio::error::timed_out))),
            Verdict::retry_later);
}

TEST_F(ConsumerTest, WhatNoColumnCanHoldIsRejected) {
  EXPECT_EQ(handle(event(), throws(SqlError("22021", "", "a parameter contains a NUL byte"))),
            Verdict::reject);
  EXPECT_THAT(log_, HasSubstr("a NUL byte"));
  EXPECT_EQ(handle(event(), throws(SqlError("22003", "", "bigint out of range"))), Verdict::reject);
}

TEST_F(ConsumerTest, CancellationIsNoVerdict) {
  EXPECT_THROW(handle(event(), throws(boost::system::system_error(asio::error::operation_aborted))),
               boost::system::system_error);
}

TEST_F(ConsumerTest, TheHandlerContinuesTheTraceOfTheEvent) {
  const std::string sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  std::string seen;
  const auto look = [&seen](contracts::Envelope envelope) -> asio::awaitable<Verdict> {
    seen = envelope.traceparent;
    co_return Verdict::done;
  };
  handle(event(1, sent), look);
  EXPECT_EQ(trace_id_of(seen), trace_id_of(sent));
  EXPECT_NE(seen, sent);
  handle(event(1, ""), look);
  EXPECT_TRUE(parse_traceparent(seen)) << "an event without a trace begins one";
}

}  // namespace
}  // namespace chassis
