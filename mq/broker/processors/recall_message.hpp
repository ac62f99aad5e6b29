#pragma once
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/recall_handle.hpp"
#include "mq/broker/recalls.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_send.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// RECALL_MESSAGE (370): a timer message is taken back before it is due (rocketmq-wire.md 4.8). Off unless the
// configuration allows it, as upstream.
class RecallMessage {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kRecallMessage;
  static constexpr std::string_view kName = "RECALL_MESSAGE";
  using Request = protocol::RecallMessageRequest;
  using Response = protocol::RecallMessageResponse;

  struct Shared {  // what it works with
    const storage::MessageStore& store;
    const TopicTable& topics;
    Recalls& recalls;
    DurableWaits& waits;
    const base::Clock& clock;
  };
  RecallMessage(const Shared& shared, bool allowed, std::string broker)
      : shared_(shared), allowed_(allowed), broker_(std::move(broker)) {}
  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  // The waiting message that the handle names.
  [[nodiscard]] std::optional<LogOffset> find(const RecallHandle& handle) const;

  Shared shared_;
  bool allowed_;
  std::string broker_;
};

}  // namespace mq::broker
