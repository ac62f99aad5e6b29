#pragma once
#include <chrono>
#include <string>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/protocol/headers_send.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// END_TRANSACTION (37): a producer decides its half message, at once or because it was asked
// (rocketmq-wire.md 4.9). A commit stores the message for its consumers, a rollback nothing; either is one
// entry of the log, so that no crash comes between the decision and what follows from it.
//
// The first decision counts. Upstream delivers a message twice when it is committed twice.
class EndTransaction {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kEndTransaction;
  static constexpr std::string_view kName = "END_TRANSACTION";
  using Request = protocol::EndTransactionRequest;
  using Response = NoHeader;

  struct Shared {  // what it works with
    storage::MessageStore& store;
    MessageWriter& writer;
    DurableWaits& waits;
    Stats& stats;
    const base::Clock& clock;
  };
  EndTransaction(const Shared& shared, std::chrono::milliseconds timeout)
      : shared_(shared), timeout_(timeout) {}

  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  // Why the request cannot decide this message; success when it can.
  [[nodiscard]] Verdict check(const Request& request, const Record& half) const;
  void commit(LogOffset at, const Record& half, const ReplyTo<Response>& reply);
  void roll_back(LogOffset at, const ReplyTo<Response>& reply);
  void answer_when_durable(LogOffset end, const ReplyTo<Response>& reply);

  Shared shared_;
  std::chrono::milliseconds timeout_;
  base::Bytes record_;      // scratch
  std::string properties_;  // scratch
};

}  // namespace mq::broker
