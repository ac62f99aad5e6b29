#include "mq/client/puller.hpp"

#include "mq/client/received.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace response = protocol::response_code;

namespace {
constexpr auto kAnswerLate = 15s;  // how late the answer to a pull may be, once it was held
constexpr auto kPauseFirst = 100ms;
constexpr auto kPauseMax = 3000ms;
// Between two pulls that brought nothing at once: some brokers do not hold, and none may be hammered.
constexpr auto kPauseIdle = 50ms;
// What a crash repeats at most when one message holds the offset back while others go on.
constexpr std::int64_t kSpanMax = 2000;

std::string name_of(const MessageQueue& queue) {
  return "topic=" + queue.topic + " broker=" + queue.broker + " queue=" + std::to_string(queue.queue);
}
}  // namespace

asio::awaitable<void> Puller::run(std::shared_ptr<ConsumedQueue> queue) {
  co_await position(queue);
  Backoff pause(kPauseFirst, kPauseMax);
  while (!queue->messages.dropped()) {
    if (!has_room(*queue)) {
      co_await state_.room.wait();
      continue;
    }
    co_await pull_once(queue, pause);
  }
}

asio::awaitable<void> Puller::position(std::shared_ptr<ConsumedQueue> queue) {
  Backoff pause(kPauseFirst, kPauseMax);
  while (!queue->messages.dropped()) {
    const auto position = co_await offsets_.query(queue->id);
    if (!position) {
      co_await wait_after(queue, position.error().message(), pause);
      continue;
    }
    if (queue->messages.dropped()) co_return;
    queue->messages.reset(position->offset);
    queue->positioned = true;
    if (position->stored) {
      queue->committed = position->offset;
      co_return;
    }
    // A policy may choose "the end": it must be remembered before more messages move the end.
    const auto error = co_await offsets_.commit(queue->id, position->offset, state_.core.rpc_deadline());
    if (!error) queue->committed = position->offset;
    co_return;
  }
}

bool Puller::has_room(const ConsumedQueue& queue) const {
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (const auto& [id, other] : state_.queues) {
    messages += other->messages.buffered();
    bytes += other->messages.buffered_bytes();
  }
  return messages < state_.options.buffered_messages_max && bytes < state_.options.buffered_bytes_max &&
         queue.messages.span() < kSpanMax;
}

protocol::Command Puller::request(const ConsumedQueue& queue, bool to_master) const {
  protocol::PullMessageRequest request;
  request.consumer_group = state_.options.group;
  request.topic = queue.id.topic;
  request.queue = queue.id.queue;
  request.queue_offset = queue.messages.next_pull();
  request.max_count = state_.options.pull_batch;
  request.sys_flag = protocol::pull_flag::kSuspend;
  if (to_master && state_.may_commit(queue, std::chrono::steady_clock::now())) {
    request.sys_flag |= protocol::pull_flag::kCommitOffset;
    request.commit_offset = queue.messages.committable();
  }
  request.suspend_ms = state_.options.poll_hold.count();
  request.sub_version = state_.subscription_version;
  request.expression_type = "TAG";
  request.broker = queue.id.broker;
  return protocol::make_request(request);
}

asio::awaitable<void> Puller::pull_once(std::shared_ptr<ConsumedQueue> queue, Backoff& pause) {
  const auto address = state_.core.routes().address(queue->id.broker, queue->pull_from);
  if (!address) {
    co_await wait_after(queue, "the broker has no address", pause);
    co_return;
  }
  const auto begun = std::chrono::steady_clock::now();
  const bool to_master = state_.core.routes().master(queue->id.broker) == address;
  const auto answer = co_await state_.core.rpc().call(
      *address, request(*queue, to_master), base::deadline_in(state_.options.poll_hold + kAnswerLate));
  if (queue->messages.dropped()) co_return;
  if (!answer) {
    queue->pull_from = kMasterId;
    co_await wait_after(queue, answer.error().message(), pause);
    co_return;
  }
  const auto header = protocol::decode_header<protocol::PullMessageResponse>(*answer);
  const bool has_position = answer->code == response::kSuccess || answer->code == response::kPullNotFound ||
                            answer->code == response::kPullRetryImmediately ||
                            answer->code == response::kPullOffsetMoved;
  if (!has_position || !header) {
    co_await refused(queue, answer->code, answer->remark, pause);
    co_return;
  }
  queue->pull_from = header->suggest_broker_id;
  if (answer->code == response::kPullOffsetMoved) {
    co_await moved(queue, header->next_begin_offset);
  } else if (answer->code == response::kSuccess) {
    if (!take_in(*queue, *answer, header->next_begin_offset)) {
      co_await wait_after(queue, "an answer cannot be decoded", pause);
      co_return;
    }
  } else {
    const auto before = queue->messages.next_pull();
    queue->messages.put({}, header->next_begin_offset);
    const bool idle = queue->messages.next_pull() == before;
    if (idle && std::chrono::steady_clock::now() - begun < kPauseIdle) co_await base::sleep_for(kPauseIdle);
  }
  pause.reset();
  state_.complaints.end("pull " + name_of(queue->id), "pulls work again " + name_of(queue->id));
}

bool Puller::take_in(ConsumedQueue& queue, const protocol::Command& answer, std::int64_t next) {
  auto decoded = decode_messages(base::bytes_of(answer.body), queue.id.broker);
  if (!decoded) return false;
  const auto& filter = state_.filters.at(queue.id.topic);
  std::vector<ReceivedMessage> wanted;
  for (auto& [message, readable] : *decoded) {
    if (!filter.matches(message.tag)) continue;
    if (!readable) queue.unreadable.insert(message.queue_offset.value());
    wanted.push_back(std::move(message));
  }
  queue.messages.put(std::move(wanted), next);
  state_.work.notify();
  return true;
}

// The broker forgot older messages, an operator moved the group, or another master knows less. The new
// position is stored at once, or the next commit would undo what an operator did.
asio::awaitable<void> Puller::moved(std::shared_ptr<ConsumedQueue> queue, std::int64_t offset) {
  base::log("mq.client")
      ->warn("consumption moves group={} {} from={} to={}", state_.options.group, name_of(queue->id),
             queue->messages.next_pull(), offset);
  queue->abandon_held();
  queue->messages.reset(offset);
  queue->unreadable.clear();
  state_.room.notify();
  if (!state_.may_commit(*queue, std::chrono::steady_clock::now())) co_return;
  const auto error = co_await offsets_.commit(queue->id, offset, state_.core.rpc_deadline());
  if (!error) queue->committed = offset;
}

asio::awaitable<void> Puller::refused(std::shared_ptr<ConsumedQueue> queue, std::int32_t code,
                                      std::string remark, Backoff& pause) {
  if (code == response::kSubscriptionNotExist || code == response::kSubscriptionNotLatest ||
      code == response::kSubscriptionGroupNotExist) {
    // The broker forgot us, for example because it restarted: tell it again before the next pull.
    state_.core.heartbeats().forget_all();
    co_await state_.core.heartbeats().catch_up();
  }
  co_await wait_after(queue, "code " + std::to_string(code) + " " + remark, pause);
}

asio::awaitable<void> Puller::wait_after(std::shared_ptr<ConsumedQueue> queue, std::string error,
                                         Backoff& pause) {
  ++state_.counts.failed_pulls;
  state_.complaints.begin("pull " + name_of(queue->id),
                          "pull failed, will retry group=" + state_.options.group + " " + name_of(queue->id) +
                              " error=" + base::log_quoted(error));
  state_.core.routes().hurry(queue->id.topic);
  co_await base::sleep_for(pause.next());
}

}  // namespace mq::client
