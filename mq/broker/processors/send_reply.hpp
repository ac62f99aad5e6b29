#pragma once
#include <array>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_calls.hpp"
#include "mq/broker/processors/send_message.hpp"

namespace mq::broker {

// SEND_REPLY_MESSAGE (324), SEND_REPLY_MESSAGE_V2 (325): the answer to a request that came as a message. It
// is pushed to the producer that waits for it and, once that one has it, stored like any message; the replier
// is answered then (rocketmq-wire.md 4.17).
class SendReply {
 public:
  static constexpr std::array kCodes{protocol::request_code::kSendReplyMessage,
                                     protocol::request_code::kSendReplyMessageV2};
  static constexpr std::string_view kName = "SEND_REPLY_MESSAGE";
  using Request = SendRequest;
  using Response = protocol::SendMessageResponse;

  struct Shared {  // what it works with
    SendTargets& targets;
    const ClientRegistry& clients;
    SendMessage& storing;
    const base::Clock& clock;
  };
  SendReply(const Shared& shared, AskClient ask, const Host& store_host)
      : shared_(shared), ask_(std::move(ask)), store_host_(store_host) {}

  void operator()(const SendRequest& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  struct Kept;  // the send, until the requester has the reply
  [[nodiscard]] protocol::Command push_of(const Kept& kept) const;

  Shared shared_;
  AskClient ask_;
  Host store_host_;
};

}  // namespace mq::broker
