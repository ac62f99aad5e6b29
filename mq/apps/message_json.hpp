#pragma once
#include <boost/json/object.hpp>

#include <string>

#include "mq/base/bytes.hpp"
#include "mq/broker/awaits.hpp"
#include "mq/model/record.hpp"

namespace mq::apps {

// The body as its producer gave it: what was compressed is not any more.
std::string plain_body(const Record& record);

// A stored message as tests read it: ids, place, tag, keys, properties and the body as its producer gave it,
// as "body" when it is UTF-8 and as "bodyBase64" when it is not. Nothing more than {"damaged": true} when the
// bytes make no sense.
boost::json::object message_json(base::BytesView record);

// {"reached": …, "count": …, "messages": […]}; "more" says how many matching messages are not shown, "behind"
// how many the group has not consumed.
boost::json::object await_json(const broker::AwaitResult& result);

}  // namespace mq::apps
