#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

#include "mq/client/core.hpp"
#include "mq/client/producer.hpp"
#include "mq/model/message.hpp"

namespace mq::client {

enum class Fate { retry, dead_letter };

// The message that carries a failed one to %RETRY%group when its broker does not take it back. The broker
// that gets it counts it as attempt `attempts` and moves it to the dead letters above `attempts_max`.
Message retry_message(const ReceivedMessage& failed, const std::string& group, Fate fate,
                      std::int32_t attempts_max, std::int32_t level);

// Gives messages that were not consumed back to the cluster (rocketmq-wire.md 4.7): to the broker that
// has them (code 36) or, when that fails, as an ordinary message to the group's retry topic.
class SendBack {
 public:
  struct Options {
    std::string group;
    std::int32_t attempts_max = 16;
    std::int32_t level = 0;  // delay level of the next attempt; 0: the broker's growing pauses
  };
  SendBack(Client& client, Options options);

  // False: neither way worked; the message must stay unfinished.
  boost::asio::awaitable<bool> give_back(ReceivedMessage failed, Fate fate);
  boost::asio::awaitable<void> stop() { return producer_.stop(); }

 private:
  boost::asio::awaitable<bool> to_its_broker(ReceivedMessage failed, Fate fate);
  boost::asio::awaitable<bool> as_new_message(Message retry);

  Client::Core& core_;
  Options options_;
  Producer producer_;
};

}  // namespace mq::client
