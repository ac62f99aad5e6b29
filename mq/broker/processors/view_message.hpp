#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/protocol/headers_pull.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// VIEW_MESSAGE_BY_ID (33): the record that begins at a log offset, as it is stored.
class ViewMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kViewMessageById;
  static constexpr std::string_view kName = "VIEW_MESSAGE_BY_ID";
  using Request = protocol::ViewMessageByIdRequest;
  using Response = NoHeader;
  explicit ViewMessage(const storage::MessageStore& store) : store_(store) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

// QUERY_MESSAGE (12): records of a topic that carry a key, in KEYS or as UNIQ_KEY, newest first
// (rocketmq-wire.md 4.15).
class QueryMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryMessage;
  static constexpr std::string_view kName = "QUERY_MESSAGE";
  static constexpr std::int32_t kCountMax = 64;
  static constexpr std::int32_t kUniqueCountMax = 32;
  static constexpr std::size_t kBytesMax = std::size_t{1} << 20;  // keeps a pass short
  using Request = protocol::QueryMessageRequest;
  using Response = protocol::QueryMessageResponse;
  explicit QueryMessage(const storage::MessageStore& store) : store_(store) {}
  Answer<Response> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
};

}  // namespace mq::broker
