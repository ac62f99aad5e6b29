// Clusters where one has to log in: every request is signed, whoever of the client's parts sends it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "mq/client/consumer_testing.hpp"
#include "mq/client/producer.hpp"
#include "mq/protocol/codes.hpp"
#include "mq/protocol/signature.hpp"

namespace mq::client {
namespace {
namespace asio = boost::asio;
namespace code = protocol::request_code;
using testing::ConsumerTest;
using testing::eventually;
using testing::FakeBroker;

constexpr auto* kSecret = "shops-secret";

class SignatureTest : public ConsumerTest {
 protected:
  SignatureTest() {
    a_.script = [this](const protocol::Command& request) {
      look(request);
      return FakeBroker::Script{};
    };
  }

  // Sends one message, and consumes it with one retry on the way.
  void talk(ClientOptions client_options) {
    client_options.name_servers = name_servers_;
    play([this, client_options]() -> asio::awaitable<void> {
      Client client(context_.get_executor(), client_options);
      Producer producer(client, {});
      Message message;
      message.topic = "T";
      message.body = "hello";
      co_await producer.send(std::move(message));
      bool retried = false;
      PushConsumer consumer(client, options(), [&](ReceivedMessage) -> asio::awaitable<Verdict> {
        if (!std::exchange(retried, true)) co_return Verdict::retry_later;
        co_return Verdict::done;
      });
      base::TaskGroup tasks(context_.get_executor());
      tasks.spawn("consumer", consumer.run());
      EXPECT_TRUE(co_await eventually([&] { return seen_.contains(code::kConsumerSendMsgBack); }));
      co_await consumer.stop(std::chrono::seconds{10});
      co_await tasks.stop();
      co_await client.stop();
    });
  }

  void look(const protocol::Command& request) {
    seen_.insert(request.code);
    const auto name = request.find(protocol::kAccessKeyField);
    const auto signature = request.find(protocol::kSignatureField);
    if (name == "shop" && signature == key_.signature_of(request)) {
      ++signed_;
    } else {
      ++unsigned_;
      EXPECT_FALSE(name && signature) << "a wrong signature of request " << request.code;
    }
    if (request.find(protocol::kSecurityTokenField)) ++with_token_;
  }

  const protocol::SigningKey key_{kSecret};
  std::set<std::int32_t> seen_;
  int signed_ = 0, unsigned_ = 0, with_token_ = 0;
};

TEST_F(SignatureTest, EveryRequestIsSigned) {
  ClientOptions options;
  options.access_key = "shop";
  options.secret_key = kSecret;
  talk(options);
  EXPECT_EQ(unsigned_, 0);
  EXPECT_EQ(with_token_, 0);
  for (const auto needed :
       {code::kGetRouteInfoByTopic, code::kSendMessageV2, code::kHeartBeat, code::kPullMessage,
        code::kConsumerSendMsgBack, code::kUpdateConsumerOffset, code::kUnregisterClient}) {
    EXPECT_TRUE(seen_.contains(needed)) << "the test has not seen " << needed;
  }
}

TEST_F(SignatureTest, ASecurityTokenIsSignedWithTheRest) {
  ClientOptions options;
  options.access_key = "shop";
  options.secret_key = kSecret;
  options.security_token = "for today";
  talk(options);
  EXPECT_EQ(unsigned_, 0);
  EXPECT_EQ(with_token_, signed_);
}

TEST_F(SignatureTest, WithoutAnAccessKeyNothingIs) {
  talk({});
  EXPECT_EQ(signed_, 0);
  EXPECT_GT(unsigned_, 0);
}

}  // namespace
}  // namespace mq::client
