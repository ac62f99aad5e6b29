#include "mq/client/queue_locks.hpp"

#include "mq/protocol/bodies.hpp"
#include "mq/protocol/codes.hpp"

namespace mq::client {
namespace asio = boost::asio;

protocol::Command QueueLocks::request(std::int32_t code, std::vector<MessageQueue> queues) const {
  protocol::LockBatchRequest body;
  body.client_id = core_.id();
  body.consumer_group = group_;
  body.queues = std::move(queues);
  protocol::Command command;
  command.code = code;
  command.body = protocol::encode_body(body);
  return command;
}

asio::awaitable<std::optional<std::set<MessageQueue>>> QueueLocks::lock(std::vector<MessageQueue> queues) {
  if (queues.empty()) co_return std::set<MessageQueue>{};
  // Only the master's word is worth something: replicas would grant what it refused.
  const auto address = core_.routes().master(queues.front().broker);
  if (!address) co_return std::nullopt;
  auto command = request(protocol::request_code::kLockBatchMq, std::move(queues));
  const auto answer = co_await core_.rpc().call(*address, std::move(command), core_.rpc_deadline());
  if (!answer || answer->code != protocol::response_code::kSuccess) co_return std::nullopt;
  const auto body = protocol::decode_body<protocol::LockBatchResponse>(answer->body);
  if (!body) co_return std::nullopt;
  co_return std::set<MessageQueue>(body->locked.begin(), body->locked.end());
}

asio::awaitable<void> QueueLocks::unlock(std::vector<MessageQueue> queues, base::Deadline deadline) {
  for (const auto& [broker, its_queues] : by_broker(queues)) {
    const auto address = core_.routes().master(broker);
    if (!address) continue;
    auto command = request(protocol::request_code::kUnlockBatchMq, its_queues);
    (void)co_await core_.rpc().call(*address, std::move(command), deadline);
  }
}

std::map<std::string, std::vector<MessageQueue>> by_broker(const std::vector<MessageQueue>& queues) {
  std::map<std::string, std::vector<MessageQueue>> grouped;
  for (const auto& queue : queues) grouped[queue.broker].push_back(queue);
  return grouped;
}

}  // namespace mq::client
