#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mq/client/fake_cluster.hpp"
#include "mq/client/push_consumer.hpp"

// For the tests of this folder only: consumers on a fake cluster, and a witness of what was handled.
namespace mq::client::testing {

// One consumer in a client of its own: a member of its group.
class Member {
 public:
  Member(FakeCluster& cluster, std::vector<std::string> name_servers, ConsumerOptions options,
         PushConsumer::Handler handler);

  void start() { tasks_.spawn("consumer", consumer_.run()); }
  // As a program ends; without `grace` handlers are cut off.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds grace = std::chrono::seconds{10});
  boost::asio::awaitable<void> cancel();  // run() is cancelled, as TaskGroup::stop() of its owner does

  PushConsumer& consumer() { return consumer_; }
  Client& client() { return client_; }

 private:
  Client client_;
  PushConsumer consumer_;
  base::TaskGroup tasks_;
};

// Keeps what no consumer may break: a committed offset passes only messages that were finished.
class Witness {
 public:
  explicit Witness(FakeCluster& cluster);

  // Call when a verdict that finishes the message is about to be given.
  void finished(const ReceivedMessage& message) { finished_.insert(message.id); }

  [[nodiscard]] const std::set<std::string>& finished_ids() const { return finished_; }
  [[nodiscard]] int violations() const { return violations_; }

 private:
  void check(const MessageQueue& queue, std::int64_t offset);

  FakeCluster& cluster_;
  std::set<std::string> finished_;
  int violations_ = 0;
};

class ConsumerTest : public ::testing::Test {
 protected:
  ConsumerTest();

  // Runs `scenario` and closes the brokers; members must have ended.
  void play(std::function<boost::asio::awaitable<void>()> scenario);

  // Puts messages with bodies first, first+1, … into a queue, each with a UNIQ_KEY of its own.
  void fill(FakeBroker& broker, std::int32_t queue, int count, const std::string& tag = "",
            const std::string& topic = "T");
  [[nodiscard]] ConsumerOptions options(ConsumeMode mode = ConsumeMode::concurrent) const;
  std::unique_ptr<Member> member(ConsumerOptions options, PushConsumer::Handler handler);
  [[nodiscard]] std::int64_t committed(FakeBroker& broker, std::int32_t queue,
                                       const std::string& topic = "T");

  boost::asio::io_context context_;
  FakeCluster cluster_{context_};
  FakeBroker a_{cluster_, "a"};
  std::vector<std::string> name_servers_{a_.address()};
  Witness witness_{cluster_};
  int filled_ = 0;
};

}  // namespace mq::client::testing
