// Any text as a JSON body: what decodes encodes to a body that says the same.
#include "mq/base/assert.hpp"
#include "mq/protocol/bodies.hpp"

namespace {

template <class Body>
void check(std::string_view text) {
  const auto body = mq::protocol::decode_body<Body>(text);
  if (body.has_error()) return;
  const auto again = mq::protocol::decode_body<Body>(mq::protocol::encode_body(*body));
  BASE_ASSERT(again.has_value() && *again == *body, "our own encoding comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<mq::protocol::HeartbeatData>(text);
  check<mq::protocol::TopicRouteData>(text);
  check<mq::protocol::TopicStatsTable>(text);
  check<mq::protocol::LockBatchRequest>(text);
  return 0;
}
