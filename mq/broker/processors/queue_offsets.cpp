#include "mq/broker/processors/queue_offsets.hpp"

#include "mq/broker/store_time.hpp"

namespace mq::broker {
namespace {
template <class Response>
Response at(QueueOffset offset) {
  Response response;
  response.offset = offset.value();
  return response;
}
}  // namespace

Answer<protocol::GetMaxOffsetResponse> GetMaxOffset::operator()(const Request& request, const Caller&) {
  return at<Response>(store_.max_offset({request.topic, request.queue}));
}

Answer<protocol::GetMinOffsetResponse> GetMinOffset::operator()(const Request& request, const Caller&) {
  return at<Response>(store_.min_offset({request.topic, request.queue}));
}

Answer<protocol::SearchOffsetByTimestampResponse> SearchOffset::operator()(const Request& request,
                                                                           const Caller&) {
  using Boundary = storage::MessageStore::Boundary;
  const bool upper = request.boundary == "upper" || request.boundary == "UPPER";
  const auto found = store_.offset_by_time({request.topic, request.queue}, request.timestamp,
                                           upper ? Boundary::upper : Boundary::lower);
  if (!found) {
    return refuse(response_code::kSystemError, "the queue cannot be searched: " + found.error().message());
  }
  return at<Response>(*found);
}

Answer<protocol::GetEarliestStoreTimeResponse> GetEarliestStoreTime::operator()(const Request& request,
                                                                                const Caller&) {
  const QueueId queue{request.topic, request.queue};
  Response response;
  response.timestamp = store_time_of(store_, queue, store_.min_offset(queue)).value_or(-1);
  return response;
}

}  // namespace mq::broker
