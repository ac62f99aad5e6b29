// Admin: where groups stand, and moving them.
#include <algorithm>

#include "mq/client/admin_requests.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace response = protocol::response_code;
namespace {

asio::awaitable<std::string> address_of(Client::Core& core, MessageQueue queue) {
  const auto addresses = co_await brokers_of(core, queue.topic);
  const auto found = addresses.find(queue.broker);
  if (found == addresses.end())
    throw AdminError("no such broker: " + queue.broker, response::kBrokerNotExist);
  co_return found->second;
}

}  // namespace

asio::awaitable<std::vector<QueueWait>> Admin::group_waits(std::string group, std::string topic) {
  protocol::QueryConsumeTimeSpanRequest request;
  request.group = group;
  request.topic = topic;
  std::vector<QueueWait> waits;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    for (const auto& span : read_body<protocol::ConsumeTimeSpans>(answer).spans) {
      waits.push_back({span.queue, std::max<std::int64_t>(0, span.delay_ms)});
    }
  }
  co_return waits;
}

asio::awaitable<std::int64_t> Admin::offset_at(MessageQueue queue, std::int64_t store_ms) {
  protocol::SearchOffsetByTimestampRequest request;
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.timestamp = store_ms;
  request.broker = queue.broker;
  const auto answer = co_await ask_for_success(client_.core(), co_await address_of(client_.core(), queue),
                                               protocol::make_request(request));
  const auto header = protocol::decode_header<protocol::SearchOffsetByTimestampResponse>(answer);
  if (!header) throw AdminError("an answer cannot be read", kNoAnswer);
  co_return header->offset;
}

asio::awaitable<std::map<MessageQueue, std::int64_t>> Admin::reset_offsets(std::string group,
                                                                           std::string topic,
                                                                           std::int64_t store_ms) {
  protocol::ResetOffsetRequest request;
  request.group = group;
  request.topic = topic;
  request.timestamp = store_ms;
  request.force = true;
  std::map<MessageQueue, std::int64_t> offsets;
  for (const auto& [name, address] : co_await brokers_of(client_.core(), topic)) {
    const auto answer = co_await ask_for_success(client_.core(), address, protocol::make_request(request));
    for (const auto& [queue, offset] : read_body<protocol::ResetOffsetBody>(answer).offsets) {
      offsets[queue] = offset;
    }
  }
  co_return offsets;
}

asio::awaitable<std::optional<std::int64_t>> Admin::consumed_offset(std::string group, MessageQueue queue) {
  protocol::QueryConsumerOffsetRequest request;
  request.consumer_group = group;
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.set_zero_if_not_found = false;
  request.broker = queue.broker;
  const auto answer = co_await ask(client_.core(), co_await address_of(client_.core(), queue),
                                   protocol::make_request(request));
  if (answer.code == response::kQueryNotFound) co_return std::nullopt;
  require_success(answer);
  const auto header = protocol::decode_header<protocol::QueryConsumerOffsetResponse>(answer);
  if (!header) throw AdminError("an answer cannot be read", kNoAnswer);
  co_return header->offset;
}

asio::awaitable<void> Admin::commit_offset(std::string group, MessageQueue queue, std::int64_t offset) {
  protocol::UpdateConsumerOffsetRequest request;
  request.consumer_group = group;
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.commit_offset = offset;
  request.broker = queue.broker;
  (void)co_await ask_for_success(client_.core(), co_await address_of(client_.core(), queue),
                                 protocol::make_request(request));
}

}  // namespace mq::client
