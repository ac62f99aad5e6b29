#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/bytes.hpp"
#include "mq/broker/answer.hpp"
#include "mq/broker/message_ids.hpp"
#include "mq/broker/message_writer.hpp"
#include "mq/broker/router.hpp"
#include "mq/broker/send_properties.hpp"
#include "mq/broker/send_targets.hpp"
#include "mq/broker/waiting_sends.hpp"
#include "mq/model/unique_id.hpp"
#include "mq/protocol/headers_send.hpp"
#include "mq/protocol/send_message_view.hpp"

namespace mq::broker {

// A send, all in views: into the frame and into the router's scratch.
struct SendRequest {
  protocol::SendMessageView header;
  base::BytesView body;
};
template <>
struct RequestCodec<SendRequest> {
  static base::Result<SendRequest> decode(const protocol::CommandView& command, std::string& scratch,
                                          std::string* problem) {
    SendRequest request;
    const auto decoded = protocol::decode_send(command, request.header, scratch, problem);
    if (!decoded) return decoded.error();
    request.body = command.body;
    return request;
  }
};

struct SendOptions {
  Host store_host;  // written into records and message ids: tools connect to it
  std::string cluster = "DefaultCluster";
  std::string broker = "broker-a";
  bool recall = false;  // timer messages can be taken back: their answers have a handle
};

// SEND_MESSAGE (10), SEND_MESSAGE_V2 (310), SEND_BATCH_MESSAGE (320): stores one message or a batch and
// answers when it is durable; at once when the message says WAIT=false. Whether it is a batch is said by
// the header, not by the code (rocketmq-wire.md 4.3, 3.6).
class SendMessage {
 public:
  static constexpr std::array kCodes{protocol::request_code::kSendMessage,
                                     protocol::request_code::kSendMessageV2,
                                     protocol::request_code::kSendBatchMessage};
  static constexpr std::string_view kName = "SEND_MESSAGE";
  using Request = SendRequest;
  using Response = protocol::SendMessageResponse;

  SendMessage(SendTargets& targets, MessageWriter& writer, WaitingSends& waiting, UniqueIds& unique_ids,
              SendOptions options);

  void operator()(const SendRequest& request, const Caller& caller, const ReplyTo<Response>& reply);

 private:
  void send_one(const SendRequest& request, const SendProperties& known, const SendTargets::Target& target,
                Record record, const net::Reply& reply);
  void send_batch(const SendRequest& request, const SendProperties& known, const SendTargets::Target& target,
                  Record record, const net::Reply& reply);

  SendTargets& targets_;
  MessageWriter& writer_;
  WaitingSends& waiting_;
  UniqueIds& unique_ids_;
  MessageIds ids_;
  SendOptions options_;
  std::string brokers_own_;                  // properties that every message gets
  std::string properties_;                   // scratch
  SendAnswer early_;                         // scratch
  std::vector<Record> records_;              // scratch
  std::vector<storage::Appended> appended_;  // scratch
};

}  // namespace mq::broker
