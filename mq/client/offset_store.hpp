#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

#include "mq/client/core.hpp"
#include "mq/client/push_consumer.hpp"

namespace mq::client {

// A group's offsets on the brokers (rocketmq-wire.md 4.6).
class OffsetStore {
 public:
  OffsetStore(Client::Core& core, std::string group, ConsumeFrom from)
      : core_(core), group_(std::move(group)), from_(from) {}

  struct Position {
    std::int64_t offset = 0;
    bool stored = true;  // false: there was none, and the policy chose
  };
  // Where the group goes on in this queue: the stored offset, else the policy's. A retry topic always
  // begins at its beginning: its messages were failed by this very group.
  boost::asio::awaitable<base::Result<Position>> query(MessageQueue queue);

  // Success when the broker confirmed it.
  boost::asio::awaitable<boost::system::error_code> commit(MessageQueue queue, std::int64_t offset,
                                                           base::Deadline deadline);
  boost::asio::awaitable<boost::system::error_code> commit_oneway(MessageQueue queue, std::int64_t offset);

 private:
  [[nodiscard]] protocol::Command update_request(const MessageQueue& queue, std::int64_t offset) const;
  boost::asio::awaitable<base::Result<Position>> by_policy(MessageQueue queue, std::string address);

  Client::Core& core_;
  std::string group_;
  ConsumeFrom from_;
};

}  // namespace mq::client
