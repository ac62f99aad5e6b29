#pragma once
#include <cstddef>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/slices.hpp"
#include "mq/broker/timers.hpp"
#include "mq/broker/transaction_checks.hpp"
#include "mq/protocol/headers_waiting.hpp"
#include "mq/storage/message_store.hpp"

// Requests of our own: what the broker keeps back, and for how long. An answer is a page of at most kPageMax;
// who asks goes on behind its last. Pages reach kReach messages deep and no further: looking at everything
// that waits would hold up the hot loop. Records are read a slice at a time.
namespace mq::broker {

struct WaitingShared {  // what both work with
  const storage::MessageStore& store;
  Slices& slices;
  const base::Clock& clock;
};
inline constexpr std::int32_t kPageMax = 500;
inline constexpr std::size_t kReach = 5000;

// LIST_DELAYED_MESSAGES (30001): which messages are due next, and when.
class ListDelayed {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kListDelayedMessages;
  static constexpr std::string_view kName = "LIST_DELAYED_MESSAGES";
  using Request = protocol::ListDelayedMessagesRequest;
  using Response = NoHeader;
  ListDelayed(const WaitingShared& shared, const Timers& timers) : shared_(shared), timers_(timers) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  WaitingShared shared_;
  const Timers& timers_;
};

// LIST_HALF_MESSAGES (30002): half messages that nobody has decided.
class ListHalf {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kListHalfMessages;
  static constexpr std::string_view kName = "LIST_HALF_MESSAGES";
  using Request = protocol::ListHalfMessagesRequest;
  using Response = NoHeader;
  ListHalf(const WaitingShared& shared, const TransactionChecks& checks) : shared_(shared), checks_(checks) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  WaitingShared shared_;
  const TransactionChecks& checks_;
};

}  // namespace mq::broker
