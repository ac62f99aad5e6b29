#pragma once
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/protocol/headers_admin.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// QUERY_CONSUME_QUEUE (321): entries of a consume queue: where each message lies, its size and its tag's
// hash. An answer has at most kCountMax of them; whoever wants more asks again behind the last.
class QueryConsumeQueue {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kQueryConsumeQueue;
  static constexpr std::string_view kName = "QUERY_CONSUME_QUEUE";
  static constexpr std::int32_t kCountMax = 1000;  // keeps a pass short
  using Request = protocol::QueryConsumeQueueRequest;
  using Response = NoHeader;
  QueryConsumeQueue(const storage::MessageStore& store, const ClientRegistry& clients)
      : store_(store), clients_(clients) {}
  Answer<> operator()(const Request& request, const Caller& caller);

 private:
  const storage::MessageStore& store_;
  const ClientRegistry& clients_;
};

}  // namespace mq::broker
