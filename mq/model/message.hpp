#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "mq/model/record.hpp"

namespace mq {

// A message as a program sends it. Tag and keys are properties on the wire; here they have names.
struct Message {
  std::string topic;
  std::string tag;
  std::string keys;  // separated by blanks
  std::string body;
  std::map<std::string, std::string> properties;  // the sender's own
  std::int32_t flag = 0;
};

// A message as a consumer gets it: owns its bytes, body decompressed, retry topics undone.
struct ReceivedMessage {
  std::string topic;  // the topic it was sent to, also after a retry through %RETRY%
  std::string broker;
  std::int32_t queue = 0;
  QueueOffset queue_offset;
  LogOffset log_offset;
  std::string id;         // UNIQ_KEY; the offset message id when there is none
  std::string offset_id;  // where it lies: host and log offset
  std::string tag;
  std::string keys;
  std::string body;
  std::map<std::string, std::string> properties;
  std::int64_t born_ms = 0;
  std::int64_t store_ms = 0;
  std::int32_t reconsume_times = 0;
};

}  // namespace mq
