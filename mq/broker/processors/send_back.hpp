#pragma once
#include <string>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/durable_waits.hpp"
#include "mq/broker/message_ids.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/broker/send_targets.hpp"
#include "mq/protocol/headers_pull.hpp"
#include "mq/storage/message_store.hpp"

namespace mq::broker {

// CONSUMER_SEND_MSG_BACK (36): a consumer could not handle a message. It is stored again for its group,
// later each time, and as a dead letter when its attempts are used up (rocketmq-wire.md 4.7). Always
// waits for durability: the consumer forgets the message when it is told yes.
class SendBack {
 public:
  static constexpr std::int32_t kCode = protocol::request_code::kConsumerSendMsgBack;
  static constexpr std::string_view kName = "CONSUMER_SEND_MSG_BACK";
  using Request = protocol::ConsumerSendMsgBackRequest;
  using Response = NoHeader;

  struct Shared {  // what it works with
    const storage::MessageStore& store;
    GroupTable& groups;
    SendTargets& targets;
    MessageWriter& writer;
    DurableWaits& waits;
    Stats& stats;
  };
  SendBack(const Shared& shared, const Host& store_host) : shared_(shared), store_host_(store_host) {}

  void operator()(const Request& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  // The copy to store: same message, one attempt later.
  MessageWriter::Written write_copy(const Request& request, const Record& original,
                                    const SendTargets::Target& target);

  Shared shared_;
  Host store_host_;
  base::Bytes record_;      // scratch
  std::string properties_;  // scratch
};

}  // namespace mq::broker
