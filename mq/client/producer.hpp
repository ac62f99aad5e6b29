#pragma once
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "mq/base/clock.hpp"
#include "mq/client/client.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

// The broker's word on a stored message. Anything but `ok` is stored, but less durably than asked for.
enum class SendStatus { ok, flush_disk_timeout, flush_slave_timeout, slave_not_available };

struct SendReceipt {
  SendStatus status = SendStatus::ok;
  std::string message_id;         // UNIQ_KEY, made by the sender
  std::string offset_message_id;  // the broker's
  MessageQueue queue;
  QueueOffset offset;
};

// A send that did not succeed. `outcome_unknown`: the message may be stored (time-out, connection
// lost after sending); sending it again may store it twice.
class SendError : public std::runtime_error {
 public:
  SendError(const std::string& what, std::int32_t code, bool outcome_unknown)
      : std::runtime_error(what), code_(code), outcome_unknown_(outcome_unknown) {}
  [[nodiscard]] std::int32_t code() const { return code_; }  // response code; -1 when there was no answer
  [[nodiscard]] bool outcome_unknown() const { return outcome_unknown_; }

 private:
  std::int32_t code_;
  bool outcome_unknown_;
};

struct ProducerOptions {
  std::string group = "DEFAULT_PRODUCER";
  std::chrono::milliseconds send_timeout{3000};  // all attempts together, with finding the route
  int retry_times = 2;                           // on other brokers, for the codes of rocketmq-wire.md 2.1
  std::size_t compress_over = 4096;              // bytes; zlib, which every stock client can read
};

// Sends messages. Any number of sends may be in flight; each is one coroutine.
class Producer {
 public:
  Producer(Client& client, ProducerOptions options);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // To the next writable queue in turn, skipping a broker that just failed. Throws SendError.
  boost::asio::awaitable<SendReceipt> send(Message message);
  // Same key, same queue, as long as the number of writable queues stays: order per key. Retried on
  // its own queue only.
  boost::asio::awaitable<SendReceipt> send_sharded(Message message, std::string key);
  boost::asio::awaitable<SendReceipt> send_to(Message message, MessageQueue queue);
  // One request, one queue, consecutive offsets. Same topic, at most 4 MB. What the broker refuses it stores
  // none of; after a crash of the broker the first ones may be stored twice, as with any send that is
  // repeated.
  boost::asio::awaitable<std::vector<SendReceipt>> send_batch(std::vector<Message> messages);
  // No answer, no promise.
  boost::asio::awaitable<void> send_oneway(Message message);

  // Waits for sends in flight, one-way ones too (they end within send_timeout), then unregisters.
  boost::asio::awaitable<void> stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Asks the broker to deliver at `due`, to the second on a genuine broker, to the millisecond on ours.
void deliver_at(Message& message, base::Time due);
// One of the 18 delay levels, 1 to 18: 1s 5s 10s 30s 1m … 10m 20m 30m 1h 2h.
void deliver_after_level(Message& message, int level);

}  // namespace mq::client
