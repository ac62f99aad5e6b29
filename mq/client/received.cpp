#include "mq/client/received.hpp"

#include "mq/model/compression.hpp"
#include "mq/model/properties.hpp"
#include "mq/model/record.hpp"
#include "mq/protocol/command.hpp"

namespace mq::client {
namespace {
// No message can have been larger when it was sent, whatever it claims to unpack to.
constexpr std::size_t kUnpackedSizeMax = protocol::kFrameSizeMax;

std::string value_of(const std::map<std::string, std::string>& properties, std::string_view key) {
  const auto found = properties.find(std::string(key));
  return found == properties.end() ? std::string() : found->second;
}

Received receive(const Record& record, const std::string& broker) {
  Received received;
  auto& message = received.message;
  message.topic = record.topic;
  message.broker = broker;
  message.queue = record.queue;
  message.queue_offset = record.queue_offset;
  message.log_offset = record.log_offset;
  message.born_ms = record.born_ms;
  message.store_ms = record.store_ms;
  message.reconsume_times = record.reconsume_times;
  message.offset_id = offset_message_id(record.store_host, record.log_offset);
  message.properties = parse_properties(record.properties);
  message.tag = value_of(message.properties, property::kTags);
  message.keys = value_of(message.properties, property::kKeys);
  message.id = value_of(message.properties, property::kUniqueKey);
  if (message.id.empty()) message.id = message.offset_id;
  if (message.topic.starts_with(kRetryPrefix)) {
    auto original = value_of(message.properties, property::kRetryTopic);
    if (!original.empty()) message.topic = std::move(original);
  }
  message.body = base::text_of(record.body);
  if ((record.sys_flag & sys_flag::kCompressed) != 0) {
    auto unpacked = decompress(record.body, record.sys_flag, kUnpackedSizeMax);
    received.readable = unpacked.has_value();
    if (unpacked) message.body = std::move(*unpacked);
  }
  return received;
}
}  // namespace

base::Result<std::vector<Received>> decode_messages(base::BytesView body, const std::string& broker) {
  std::vector<Received> messages;
  while (!body.empty()) {
    const auto decoded = decode_record(body);
    if (!decoded) return decoded.error();
    messages.push_back(receive(decoded->record, broker));
    body = body.subspan(decoded->size);
  }
  return messages;
}

}  // namespace mq::client
