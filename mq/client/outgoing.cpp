#include "mq/client/outgoing.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "mq/model/batch.hpp"
#include "mq/model/compression.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/header.hpp"
#include "mq/protocol/headers.hpp"

namespace mq::client {
namespace {
namespace response = protocol::response_code;

void require(bool holds, const std::string& why) {
  if (!holds) throw SendError(why, response::kMessageIllegal, false);
}

void check_property(std::string_view key, std::string_view value) {
  static constexpr std::string_view kSeparators("\x01\x02", 2);
  require(!key.empty() && key.find_first_of(kSeparators) == std::string_view::npos &&
              value.find_first_of(kSeparators) == std::string_view::npos,
          "a property holds a separator or has no name: " + std::string(key));
}

std::string properties_of(const Message& message, const std::string& new_id) {
  auto items = message.properties;
  items.emplace(property::kUniqueKey, new_id);
  if (!message.tag.empty()) items.insert_or_assign(std::string(property::kTags), message.tag);
  if (!message.keys.empty()) items.insert_or_assign(std::string(property::kKeys), message.keys);
  for (const auto& [key, value] : items) check_property(key, value);
  auto text = format_properties(items);
  require(text.size() <= kPropertiesSizeMax, "the properties of a message are too large together");
  return text;
}

void check(const Message& message) {
  require(is_valid_topic(message.topic), "not a topic's name: " + message.topic);
  // A genuine broker 5.5.0 fails on one (docs/compatibility.md), and what we send must run on both.
  require(!message.body.empty(), "a message without a body cannot be sent");
  require(message.body.size() <= kBodySizeMax, "a message body has at most 4 MiB");
}

std::optional<std::int32_t> take_number(std::string& properties, std::string_view key) {
  const auto text = find_property(properties, key);
  if (!text) return std::nullopt;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  remove_property(properties, key);
  return value;
}

std::optional<SendStatus> status_of(std::int32_t code) {
  switch (code) {
    case response::kSuccess:
      return SendStatus::ok;
    case response::kFlushDiskTimeout:
      return SendStatus::flush_disk_timeout;
    case response::kFlushSlaveTimeout:
      return SendStatus::flush_slave_timeout;
    case response::kSlaveNotAvailable:
      return SendStatus::slave_not_available;
    default:
      return std::nullopt;
  }
}

std::string id_of(const std::string& properties) {
  return std::string(find_property(properties, property::kUniqueKey).value_or(""));
}
}  // namespace

Outgoing make_outgoing(Message message, const std::string& new_id, std::int64_t born_ms,
                       std::size_t compress_over) {
  check(message);
  Outgoing outgoing;
  outgoing.topic = message.topic;
  outgoing.flag = message.flag;
  outgoing.born_ms = born_ms;
  outgoing.properties = properties_of(message, new_id);
  outgoing.ids = {id_of(outgoing.properties)};
  if (message.topic.starts_with(kRetryPrefix)) {
    // Brokers read these of a retry from the header (rocketmq-wire.md 4.7).
    outgoing.reconsume_times = take_number(outgoing.properties, property::kReconsumeTime).value_or(0);
    outgoing.max_reconsume_times = take_number(outgoing.properties, property::kMaxReconsumeTimes);
  }
  outgoing.body = std::move(message.body);
  if (outgoing.body.size() > compress_over) {
    auto packed = compress_zlib(base::bytes_of(outgoing.body));
    if (packed.size() < outgoing.body.size()) {
      outgoing.body = std::move(packed);
      outgoing.sys_flag = sys_flag::kCompressed | sys_flag::kZlib;
    }
  }
  return outgoing;
}

Outgoing make_outgoing_batch(std::vector<Message> messages, const std::vector<std::string>& new_ids,
                             std::int64_t born_ms) {
  require(!messages.empty(), "a batch has at least one message");
  static constexpr std::array kNotInBatches{property::kDelayLevel, property::kTimerDelaySec,
                                            property::kTimerDelayMs, property::kTimerDeliverMs,
                                            property::kTransaction};
  Outgoing outgoing;
  outgoing.topic = messages.front().topic;
  outgoing.born_ms = born_ms;
  outgoing.batch = true;
  require(!outgoing.topic.starts_with(kRetryPrefix), "a batch cannot go to a retry topic");

  std::vector<std::string> properties;
  std::vector<BatchItem> items;
  std::size_t size = 0;
  properties.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& message = messages[i];
    check(message);
    require(message.topic == outgoing.topic, "a batch has one topic");
    properties.push_back(properties_of(message, new_ids[i]));
    for (const auto key : kNotInBatches) {
      require(!find_property(properties.back(), key),
              "a delayed or transactional message cannot be in a batch");
    }
    outgoing.ids.push_back(id_of(properties.back()));
    items.push_back({message.flag, base::bytes_of(message.body), properties.back()});
    size += kBatchItemOverhead + message.body.size() + properties.back().size();
  }
  require(size <= kBodySizeMax, "a batch has at most 4 MiB");
  base::Bytes body;
  encode_batch(items, body);
  outgoing.body = base::text_of(body);
  return outgoing;
}

protocol::Command send_request(const Outgoing& outgoing, const std::string& producer_group,
                               const MessageQueue& queue) {
  protocol::SendMessageV2Request header;
  header.producer_group = producer_group;
  header.topic = outgoing.topic;
  header.queue = queue.queue;
  header.sys_flag = outgoing.sys_flag;
  header.born_ms = outgoing.born_ms;
  header.flag = outgoing.flag;
  header.properties = outgoing.properties;
  header.reconsume_times = outgoing.reconsume_times;
  header.max_reconsume_times = outgoing.max_reconsume_times;
  header.batch = outgoing.batch;
  header.broker = queue.broker;
  auto command = protocol::make_request(header, outgoing.body);
  if (outgoing.batch) command.code = protocol::request_code::kSendBatchMessage;
  return command;
}

std::vector<SendReceipt> read_receipts(const Outgoing& outgoing, const MessageQueue& queue,
                                       const protocol::Command& answer) {
  const auto status = status_of(answer.code);
  if (!status) return {};
  SendReceipt receipt;
  receipt.status = *status;
  const auto header = protocol::decode_header<protocol::SendMessageResponse>(answer);
  if (!header) return {};

  std::vector<SendReceipt> receipts;
  std::string_view offset_ids = header->msg_id;
  for (std::size_t i = 0; i < outgoing.ids.size(); ++i) {
    const auto offset_id = offset_ids.substr(0, offset_ids.find(','));
    offset_ids.remove_prefix(std::min(offset_ids.size(), offset_id.size() + 1));
    receipt.message_id = outgoing.ids[i];
    receipt.offset_message_id = offset_id;
    receipt.queue = {outgoing.topic, queue.broker, header->queue};
    receipt.offset = QueueOffset{header->queue_offset + static_cast<std::int64_t>(i)};
    receipts.push_back(receipt);
  }
  return receipts;
}

bool is_stored(std::int32_t code) { return status_of(code).has_value(); }

bool is_worth_another_broker(std::int32_t code) {
  static constexpr std::array kCodes{response::kTopicNotExist,    response::kServiceNotAvailable,
                                     response::kSystemError,      response::kSystemBusy,
                                     response::kNoPermission,     response::kNoBuyerId,
                                     response::kNotInCurrentUnit, response::kGoAway};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

}  // namespace mq::client
