#pragma once
#include <array>
#include <string_view>

#include "mq/broker/answer.hpp"
#include "mq/broker/client_registry.hpp"
#include "mq/broker/consumer_offsets.hpp"
#include "mq/broker/group_table.hpp"
#include "mq/broker/long_polls.hpp"
#include "mq/broker/pull_answer.hpp"
#include "mq/broker/pull_reader.hpp"
#include "mq/broker/topic_table.hpp"
#include "mq/protocol/headers_pull.hpp"

namespace mq::broker {

// PULL_MESSAGE (11), LITE_PULL_MESSAGE (361): messages of one queue from an offset on; when there are none
// the pull may wait for them (rocketmq-wire.md 4.5).
class PullMessage {
 public:
  static constexpr std::array kCodes{protocol::request_code::kPullMessage,
                                     protocol::request_code::kLitePullMessage};
  static constexpr std::string_view kName = "PULL_MESSAGE";
  using Request = protocol::PullMessageRequest;
  using Response = protocol::PullMessageResponse;

  struct Shared {  // what it works with
    const TopicTable& topics;
    GroupTable& groups;
    const ClientRegistry& clients;
    ConsumerOffsets& offsets;
    const storage::MessageStore& store;
    const PullReader& reader;
    LongPolls& polls;
    bool selectors;  // SQL92 subscriptions are served
  };
  PullMessage(const Shared& shared, LongPolls::Served served) : shared_(shared), served_(std::move(served)) {}

  void operator()(const Request& request, const Caller& caller, const PullReply& reply);

 private:
  struct Subscribed {
    Verdict refused;
    std::shared_ptr<const MessageFilter> filter;
  };
  Verdict check(const Request& request) const;
  Subscribed subscription_of(const Request& request) const;
  // True when the group was moved and this answer says where to.
  bool answer_reset(const PullQuery& query, const PullReply& reply);

  Shared shared_;
  LongPolls::Served served_;
  base::Bytes records_;  // scratch
};

}  // namespace mq::broker
