#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mq/client/producer.hpp"
#include "mq/protocol/command.hpp"

namespace mq::client {

// A message or a batch made ready for the wire: encoded once, sent as often as attempts are needed.
struct Outgoing {
  std::string topic;
  std::vector<std::string> ids;  // UNIQ_KEY of each message
  std::string properties;
  std::string body;
  std::int32_t sys_flag = 0;
  std::int32_t flag = 0;
  std::int64_t born_ms = 0;
  bool batch = false;
  std::int32_t reconsume_times = 0;
  std::optional<std::int32_t> max_reconsume_times;
};

// Checks the limits of rocketmq-wire.md 3.5, gives the message its id unless it brings one, compresses a
// body of more than `compress_over` bytes. Throws SendError with code 13 when a limit is broken.
Outgoing make_outgoing(Message message, const std::string& new_id, std::int64_t born_ms,
                       std::size_t compress_over);

// Several messages of one topic. Throws SendError with code 13 also when the batch is empty, mixed, too
// large together, or holds a delayed message or a retry: brokers would take none of these right.
Outgoing make_outgoing_batch(std::vector<Message> messages, const std::vector<std::string>& new_ids,
                             std::int64_t born_ms);

// Request 310, or 320 for a batch.
protocol::Command send_request(const Outgoing& outgoing, const std::string& producer_group,
                               const MessageQueue& queue);

// Codes 0, 10, 11 and 12: the broker has it.
bool is_stored(std::int32_t code);

// The receipts of a stored message or batch, one per id; nothing for other codes and for answers that cannot
// be read.
std::vector<SendReceipt> read_receipts(const Outgoing& outgoing, const MessageQueue& queue,
                                       const protocol::Command& answer);

// Codes after which another broker may still take the message (rocketmq-wire.md 2.1).
bool is_worth_another_broker(std::int32_t code);

}  // namespace mq::client
