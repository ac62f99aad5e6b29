#pragma once
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "mq/base/result.hpp"

namespace contracts {

// What stands around every event: the JSON body of every message between services.
// Fields are only added, never renamed; unknown fields are ignored.
struct Envelope {
  std::string event_id;  // UUIDv7
  std::string type;      // also the message's tag
  std::int32_t version = 1;
  std::string order_no;
  std::int64_t sequence = 0;  // gap-free per aggregate and topic
  base::Time occurred_at;     // business clock
  std::string traceparent;    // W3C trace context
  boost::json::value data;
};

std::string encode(const Envelope& envelope);
base::Result<Envelope> decode_envelope(std::string_view body);

}  // namespace contracts
