#include "mq/client/offset_store.hpp"

#include <boost/asio/error.hpp>

#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace {
using Position = OffsetStore::Position;

// All answers about positions have one field.
base::Result<std::int64_t> read_offset(const protocol::Command& answer) {
  if (answer.code != protocol::response_code::kSuccess)
    return boost::system::error_code(asio::error::try_again);
  const auto header = protocol::decode_header<protocol::QueryConsumerOffsetResponse>(answer);
  if (!header) return header.error();
  return header->offset;
}
}  // namespace

asio::awaitable<base::Result<Position>> OffsetStore::query(MessageQueue queue) {
  const auto address = core_.routes().address(queue.broker);
  if (!address) co_return boost::system::error_code(asio::error::not_connected);
  protocol::QueryConsumerOffsetRequest request;
  request.consumer_group = group_;
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.broker = queue.broker;
  const auto answer =
      co_await core_.rpc().call(*address, protocol::make_request(request), core_.rpc_deadline());
  if (!answer) co_return answer.error();
  if (answer->code == protocol::response_code::kQueryNotFound) co_return co_await by_policy(queue, *address);
  const auto offset = read_offset(*answer);
  if (!offset) co_return offset.error();
  co_return Position{*offset, true};
}

asio::awaitable<base::Result<Position>> OffsetStore::by_policy(MessageQueue queue, std::string address) {
  const bool last = from_ == ConsumeFrom::last_offset && !queue.topic.starts_with(kRetryPrefix);
  protocol::GetMinOffsetRequest request;  // that of the other end has the same required fields
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.broker = queue.broker;
  auto command = protocol::make_request(request);
  if (last) command.code = protocol::request_code::kGetMaxOffset;
  const auto answer = co_await core_.rpc().call(address, std::move(command), core_.rpc_deadline());
  if (!answer) co_return answer.error();
  const auto offset = read_offset(*answer);
  if (!offset) co_return offset.error();
  co_return Position{*offset, false};
}

protocol::Command OffsetStore::update_request(const MessageQueue& queue, std::int64_t offset) const {
  protocol::UpdateConsumerOffsetRequest request;
  request.consumer_group = group_;
  request.topic = queue.topic;
  request.queue = queue.queue;
  request.commit_offset = offset;
  request.broker = queue.broker;
  return protocol::make_request(request);
}

asio::awaitable<boost::system::error_code> OffsetStore::commit(MessageQueue queue, std::int64_t offset,
                                                               base::Deadline deadline) {
  const auto address = core_.routes().address(queue.broker);
  if (!address) co_return boost::system::error_code(asio::error::not_connected);
  const auto answer = co_await core_.rpc().call(*address, update_request(queue, offset), deadline);
  if (!answer) co_return answer.error();
  if (answer->code != protocol::response_code::kSuccess) {
    co_return boost::system::error_code(asio::error::no_permission);
  }
  co_return boost::system::error_code{};
}

asio::awaitable<boost::system::error_code> OffsetStore::commit_oneway(MessageQueue queue,
                                                                      std::int64_t offset) {
  const auto address = core_.routes().address(queue.broker);
  if (!address) co_return boost::system::error_code(asio::error::not_connected);
  co_return co_await core_.rpc().oneway(*address, update_request(queue, offset), core_.rpc_deadline());
}

}  // namespace mq::client
