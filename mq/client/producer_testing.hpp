#pragma once
#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "mq/client/fake_cluster.hpp"
#include "mq/client/producer.hpp"
#include "mq/protocol/codes.hpp"

// For the tests of this folder only: one producer on a fake cluster.
namespace mq::client::testing {

inline bool is_send(const protocol::Command& request) {
  return request.code == protocol::request_code::kSendMessageV2 ||
         request.code == protocol::request_code::kSendBatchMessage;
}

inline Message message_to(std::string topic, std::string body = "hello") {
  Message message;
  message.topic = std::move(topic);
  message.body = std::move(body);
  return message;
}

// A cluster with topic T (four queues a broker) and one producer, which `scenario` uses.
class ProducerTest : public ::testing::Test {
 protected:
  ProducerTest() { cluster_.topics["T"] = 4; }

  using Scenario = std::function<boost::asio::awaitable<void>(Producer&)>;
  void with_producer(Scenario scenario, ProducerOptions options = {}) {
    run(context_, play(std::move(scenario), std::move(options)));
  }

  // What a send that must fail came to.
  static boost::asio::awaitable<SendError> failure_of(boost::asio::awaitable<SendReceipt> send) {
    try {
      (void)co_await std::move(send);
    } catch (const SendError& error) {
      co_return error;
    }
    throw std::logic_error("the send succeeded");
  }

  [[nodiscard]] std::size_t stored(const FakeBroker& broker, const std::string& topic) const {
    std::size_t count = 0;
    for (const auto& [queue, messages] : broker.messages) {
      if (queue.first == topic) count += messages.size();
    }
    return count;
  }

  boost::asio::io_context context_;
  FakeCluster cluster_{context_};
  FakeBroker a_{cluster_, "a"};
  std::vector<std::string> name_servers_{a_.address()};

 private:
  boost::asio::awaitable<void> play(Scenario scenario, ProducerOptions options) {
    ClientOptions client_options;
    client_options.name_servers = name_servers_;
    client_options.rpc_timeout = std::chrono::milliseconds{1000};
    Client client(context_.get_executor(), client_options);
    Producer producer(client, options);
    std::exception_ptr failure;
    try {
      co_await scenario(producer);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await producer.stop();
    co_await client.stop();
    for (auto* broker : cluster_.brokers) co_await broker->close();
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace mq::client::testing
