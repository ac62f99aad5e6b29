#include "mq/client/send_back.hpp"

#include <algorithm>
#include <array>

#include "mq/base/log.hpp"
#include "mq/model/properties.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace asio = boost::asio;
namespace {
constexpr std::int32_t kFirstRetryLevel = 3;  // 10 s, as brokers begin
constexpr std::int32_t kLastLevel = 18;

std::string text(std::string_view value) { return std::string(value); }
}  // namespace

Message retry_message(const ReceivedMessage& failed, const std::string& group, Fate fate,
                      std::int32_t attempts_max, std::int32_t level) {
  // What an earlier delay or transaction left behind would be carried out a second time.
  static constexpr std::array kSpent{
      property::kDelayLevel,     property::kRealTopic,     property::kRealQueueId,    property::kTransaction,
      property::kTimerDelaySec,  property::kTimerDelayMs,  property::kTimerDeliverMs, property::kTimerOutMs,
      property::kTimerEnqueueMs, property::kTimerDequeueMs};
  Message retry;
  retry.topic = retry_topic(group);
  retry.body = failed.body;
  retry.properties = failed.properties;
  for (const auto key : kSpent) retry.properties.erase(text(key));
  retry.properties.insert_or_assign(text(property::kRetryTopic), failed.topic);
  retry.properties.emplace(text(property::kOriginMessageId), failed.offset_id);
  retry.properties.insert_or_assign(text(property::kMaxReconsumeTimes), std::to_string(attempts_max));
  // One above the maximum sends it to the dead letters at once.
  const auto attempt = fate == Fate::retry ? failed.reconsume_times + 1 : attempts_max + 1;
  retry.properties.insert_or_assign(text(property::kReconsumeTime), std::to_string(attempt));
  if (fate == Fate::retry) {
    const auto next = level > 0 ? level : std::min(kFirstRetryLevel + failed.reconsume_times, kLastLevel);
    retry.properties.insert_or_assign(text(property::kDelayLevel), std::to_string(next));
  }
  return retry;
}

SendBack::SendBack(Client& client, Options options)
    : core_(client.core()),
      options_(std::move(options)),
      producer_(client, {.group = "CLIENT_INNER_PRODUCER"}) {}

asio::awaitable<bool> SendBack::give_back(ReceivedMessage failed, Fate fate) {
  if (co_await to_its_broker(failed, fate)) co_return true;
  co_return co_await as_new_message(
      retry_message(failed, options_.group, fate, options_.attempts_max, options_.level));
}

asio::awaitable<bool> SendBack::to_its_broker(ReceivedMessage failed, Fate fate) {
  const auto address = core_.routes().master(failed.broker);
  if (!address) co_return false;
  protocol::ConsumerSendMsgBackRequest request;
  request.log_offset = failed.log_offset.value();
  request.group = options_.group;
  request.delay_level = fate == Fate::retry ? options_.level : -1;
  request.origin_msg_id = failed.id;
  request.origin_topic = failed.topic;
  request.max_reconsume_times = options_.attempts_max;
  request.broker = failed.broker;
  const auto answer =
      co_await core_.rpc().call(*address, protocol::make_request(request), core_.rpc_deadline());
  if (answer && answer->code == protocol::response_code::kSuccess) co_return true;
  base::log("mq.client")
      ->info("broker did not take a message back group={} id={} error={}", options_.group, failed.id,
             base::log_quoted(answer ? answer->remark : answer.error().message()));
  co_return false;
}

asio::awaitable<bool> SendBack::as_new_message(Message retry) {
  try {
    (void)co_await producer_.send(std::move(retry));
    co_return true;
  } catch (const SendError& failure) {
    base::log("mq.client")
        ->info("message could not be given back group={} error={}", options_.group,
               base::log_quoted(failure.what()));
    co_return false;
  }
}

}  // namespace mq::client
