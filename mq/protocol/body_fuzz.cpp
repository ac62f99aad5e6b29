// Any text as a JSON body: what decodes encodes to a body that says the same.
#include "mq/base/assert.hpp"
#include "mq/model/compression.hpp"
#include "mq/protocol/bodies.hpp"
#include "mq/protocol/bodies_waiting.hpp"
#include "mq/protocol/register_body.hpp"

namespace {

template <class Body>
void check(std::string_view text) {
  const auto body = mq::protocol::decode_body<Body>(text);
  if (body.has_error()) return;
  const auto again = mq::protocol::decode_body<Body>(mq::protocol::encode_body(*body));
  BASE_ASSERT(again.has_value() && *again == *body, "our own encoding comes back");
}

template <class... Bodies>
void check_all(std::string_view text) {
  (check<Bodies>(text), ...);
}

// As text, as a compressed stream, and as what a compressed stream becomes.
void check_register_body(base::BytesView bytes) {
  using mq::protocol::decode_register_body;
  static_cast<void>(decode_register_body(bytes, false));
  static_cast<void>(decode_register_body(bytes, true));
  const auto stream = mq::compress_zlib(bytes);
  static_cast<void>(decode_register_body(base::bytes_of(stream), true));
  BASE_ASSERT(mq::protocol::register_body_crc32(bytes) >= 0, "31 bits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using namespace mq::protocol;  // NOLINT(google-build-using-namespace)
  // What the broker and its name server read.
  check_all<HeartbeatData, LockBatchRequest, CheckClientRequest, QueryAssignmentRequest,
            SubscriptionGroupConfig, SubscriptionGroupWrapper, TopicConfig, RegisterBrokerBody,
            ResetOffsetBody, ConsumerStatus, SetMessageRequestModeRequest, BatchAckMessageRequest>(text);
  // What the client reads.
  check_all<TopicRouteData, ClusterInfo, TopicList, GroupList, KVTable, LockBatchResponse, ConsumerIds,
            QueryAssignmentResponse, TopicStatsTable, ConsumeStats, ConsumeStatsList, ConsumerConnection,
            ProducerConnection, ProducerTableInfo, ResetOffsetList, QuerySubscriptionBody, ConsumeTimeSpans,
            BrokerStatsData, DelayedMessages, HalfMessages>(text);
  check_register_body(base::bytes_of(text));
  return 0;
}
