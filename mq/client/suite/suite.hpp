#pragma once
#include <gmock/gmock.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mq/base/aio/task_group.hpp"
#include "mq/base/aio/with_deadline.hpp"
#include "mq/client/admin.hpp"
#include "mq/client/producer.hpp"
#include "mq/client/push_consumer.hpp"

namespace mq::client::suite {
namespace asio = boost::asio;
using namespace std::chrono_literals;

inline constexpr std::chrono::seconds kPatience{
    120};  // for one condition; genuine clusters are slow to begin

std::vector<std::string> name_servers();
// Unique to this run: "<what>_<run>".
std::string unique(const std::string& what);
Message message_to(const std::string& topic, std::string body);
// False when the condition does not come true within kPatience.
asio::awaitable<bool> eventually(std::function<bool()> condition);

// A consumer in a client of its own, so that several are several members. Keeps what it was given.
class Member {
 public:
  using Judge = std::function<Verdict(const ReceivedMessage&)>;

  Member(asio::io_context& context, ConsumerOptions options, Judge judge);
  // Runs until stop().
  void start();
  asio::awaitable<void> stop();

  // Given out in this order; a message may be there several times.
  std::vector<ReceivedMessage> received;
  [[nodiscard]] std::vector<std::string> bodies() const;
  [[nodiscard]] std::size_t count(const std::string& body) const;
  PushConsumer& consumer() { return consumer_; }
  std::chrono::milliseconds work{0};  // how long a handler takes

 private:
  asio::awaitable<Verdict> handle(ReceivedMessage message);

  Judge judge_;
  Client client_;
  PushConsumer consumer_;
  base::TaskGroup tasks_;
};

// Every test: a topic of four queues, a producer and an admin.
class SuiteTest : public ::testing::Test {
 protected:
  // Runs the test's coroutine on a fresh topic; all members it made are stopped afterwards.
  void play(std::function<asio::awaitable<void>()> scenario);

  asio::awaitable<std::string> make_topic(std::string what, std::int32_t queues = 4);
  // Sends `count` messages with bodies 0, 1, … and returns their receipts.
  asio::awaitable<std::vector<SendReceipt>> send_numbers(std::string topic, int count, int first = 0);
  [[nodiscard]] ConsumerOptions group_of(const std::string& topic, const std::string& group) const;
  Member& member(
      ConsumerOptions options, Member::Judge judge = [](const ReceivedMessage&) { return Verdict::done; });
  // Read without a group. A genuine broker answers a send some milliseconds before it shows the message:
  // these wait until there are so many.
  asio::awaitable<std::vector<ReceivedMessage>> read_back(MessageQueue queue, QueueOffset first,
                                                          std::size_t count);
  asio::awaitable<std::vector<ReceivedMessage>> read_topic(std::string topic, std::size_t count);
  // True when `group` gets `count` dead letters.
  asio::awaitable<bool> dead_letters_come(std::string group, std::size_t count);

  Client& client() { return *client_; }
  Producer& producer() { return *producer_; }
  Admin& admin() { return *admin_; }
  asio::io_context context_;
  std::string topic_, group_;

 private:
  asio::awaitable<std::vector<ReceivedMessage>> read_now(std::string topic);
  asio::awaitable<void> begin();
  asio::awaitable<void> end();

  std::unique_ptr<Client> client_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Admin> admin_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace mq::client::suite
