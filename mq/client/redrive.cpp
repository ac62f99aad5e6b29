#include "mq/client/redrive.hpp"

#include <array>
#include <string_view>

#include "mq/model/names.hpp"
#include "mq/model/properties.hpp"

namespace mq::client {
namespace {

// Left in, these would delay it again, make it a half message, or count attempts of its earlier life.
constexpr std::array<std::string_view, 25> kOfItsWay{property::kWait,
                                                     property::kDelayLevel,
                                                     property::kRetryTopic,
                                                     property::kReconsumeTime,
                                                     property::kMaxReconsumeTimes,
                                                     property::kRealTopic,
                                                     property::kRealQueueId,
                                                     property::kOriginMessageId,
                                                     property::kTransaction,
                                                     property::kProducerGroup,
                                                     property::kTransactionId,
                                                     property::kCheckTimes,
                                                     property::kCheckImmunitySec,
                                                     property::kPopCheckpoint,
                                                     property::kTimerDelaySec,
                                                     property::kTimerDelayMs,
                                                     property::kTimerDeliverMs,
                                                     property::kTimerOutMs,
                                                     property::kTimerEnqueueMs,
                                                     property::kTimerDequeueMs,
                                                     "MIN_OFFSET",
                                                     "MAX_OFFSET",
                                                     "CONSUME_START_TIME",
                                                     "1ST_POP_TIME",
                                                     "DLQ_ORIGIN_MESSAGE_ID"};

Message copy_of(const ReceivedMessage& dead) {
  Message message;
  message.tag = dead.tag;
  message.keys = dead.keys;
  message.body = dead.body;
  message.properties = dead.properties;
  for (const auto name : kOfItsWay) message.properties.erase(std::string(name));
  return message;
}

}  // namespace

std::string origin_topic(const ReceivedMessage& dead) {
  const auto found = dead.properties.find(std::string(property::kRetryTopic));
  return found == dead.properties.end() ? std::string() : found->second;
}

Message redriven_to_group(const ReceivedMessage& dead, const std::string& group) {
  auto message = copy_of(dead);
  message.topic = retry_topic(group);
  // Consumers show it under this name.
  const auto origin = origin_topic(dead);
  if (!origin.empty()) message.properties.emplace(property::kRetryTopic, origin);
  return message;
}

Message redriven_to_topic(const ReceivedMessage& dead) {
  auto message = copy_of(dead);
  message.topic = origin_topic(dead);
  return message;
}

}  // namespace mq::client
