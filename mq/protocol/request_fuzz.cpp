// Any frame as every request and response there is: typed headers are filled or refused with a sentence, and
// what was filled comes back from its own encoding.
#include <string>

#include "mq/base/assert.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace {

using namespace mq::protocol;  // NOLINT(google-build-using-namespace)

template <class Header>
void check(const CommandView& view, const Command& command) {
  std::string problem;
  const auto from_view = decode_header<Header>(view, &problem);
  BASE_ASSERT(from_view.has_value() == problem.empty(), "a refusal says why");
  const auto header = decode_header<Header>(command);
  if (!header) return;
  Command again;
  encode_header(*header, again);
  const auto second = decode_header<Header>(again);
  BASE_ASSERT(second.has_value(), "our own encoding is read");
  Command third;
  encode_header(*second, third);
  BASE_ASSERT(third.ext == again.ext, "and says the same");
}

template <class... Headers>
void check_all(const CommandView& view, const Command& command) {
  (check<Headers>(view, command), ...);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = std::as_bytes(std::span(data, size));
  CommandView view;
  const auto command = decode(frame);
  if (!command || !decode(frame, view)) return 0;
  check_all<CreateTopicRequest, DeleteTopicRequest, GetTopicConfigRequest, GetTopicStatsInfoRequest,
            GetConsumeStatsRequest, GetBrokerConsumeStatsRequest, QueryTopicConsumeByWhoRequest,
            QueryTopicsByConsumerRequest, QuerySubscriptionByConsumerRequest, ViewBrokerStatsDataRequest,
            UnregisterClientRequest, GetConsumerListByGroupRequest, NotifyConsumerIdsChangedRequest,
            GetConsumerRunningInfoRequest, ConsumeMessageDirectlyRequest, GetConsumerConnectionListRequest,
            GetProducerConnectionListRequest, GetSubscriptionGroupConfigRequest,
            DeleteSubscriptionGroupRequest>(view, *command);
  check_all<QueryConsumerOffsetRequest, QueryConsumerOffsetResponse, UpdateConsumerOffsetRequest,
            GetMaxOffsetRequest, GetMinOffsetRequest, SearchOffsetByTimestampRequest,
            GetEarliestStoreTimeRequest, GetEarliestStoreTimeResponse, ResetOffsetRequest,
            GetConsumerStatusRequest, CloneGroupOffsetRequest, PullMessageRequest, PullMessageResponse,
            ConsumerSendMsgBackRequest, ViewMessageByIdRequest, QueryMessageRequest, QueryMessageResponse>(
      view, *command);
  check_all<GetRouteInfoByTopicRequest, GetTopicsByClusterRequest, DeleteTopicInNamesrvRequest,
            PutKvConfigRequest, GetKvConfigRequest, GetKvConfigResponse, GetKvListByNamespaceRequest,
            WipeWritePermOfBrokerRequest, SendMessageRequest, SendMessageV2Request, SendMessageResponse,
            EndTransactionRequest, CheckTransactionStateRequest, RecallMessageRequest,
            PushReplyMessageToClientRequest>(view, *command);
  check_all<PopMessageRequest, PopMessageResponse, AckMessageRequest, ChangeInvisibleTimeRequest,
            ChangeInvisibleTimeResponse, NotificationRequest, NotificationResponse, PeekMessageRequest,
            PollingInfoRequest, PollingInfoResponse>(view, *command);
  return 0;
}
