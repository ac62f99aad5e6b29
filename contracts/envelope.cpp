#include "contracts/envelope.hpp"

#include <boost/json.hpp>
#include <utility>

#include "contracts/time_text.hpp"

namespace contracts {
namespace {
namespace json = boost::json;

// Reads members of one object; the first error stays.
struct Members {
  const json::object& object;
  boost::system::error_code error{};

  template <class T>
  T need(std::string_view name) {
    const auto* value = error ? nullptr : object.if_contains(name);
    if (!value) {
      if (!error) error = make_error_code(json::error::not_found);
      return T{};
    }
    auto result = json::try_value_to<T>(*value);
    if (!result) {
      error = result.error();
      return T{};
    }
    return std::move(*result);
  }
};

}  // namespace

std::string encode(const Envelope& envelope) {
  json::object object;
  object.reserve(8);
  object["event_id"] = envelope.event_id;
  object["type"] = envelope.type;
  object["version"] = envelope.version;
  object["order_no"] = envelope.order_no;
  object["sequence"] = envelope.sequence;
  object["occurred_at"] = format_time(envelope.occurred_at);
  object["traceparent"] = envelope.traceparent;
  object["data"] = envelope.data;
  return json::serialize(object);
}

base::Result<Envelope> decode_envelope(std::string_view body) {
  boost::system::error_code error;
  auto document = json::parse({body.data(), body.size()}, error);
  if (error) return error;
  const auto* object = document.if_object();
  if (!object) return make_error_code(json::error::not_object);

  Members in{*object};
  Envelope envelope;
  envelope.event_id = in.need<std::string>("event_id");
  envelope.type = in.need<std::string>("type");
  envelope.version = in.need<std::int32_t>("version");
  envelope.order_no = in.need<std::string>("order_no");
  envelope.sequence = in.need<std::int64_t>("sequence");
  const auto occurred_at = in.need<std::string>("occurred_at");
  // Messages of a sender that does not trace are still events.
  if (object->contains("traceparent")) envelope.traceparent = in.need<std::string>("traceparent");
  envelope.data = in.need<json::value>("data");
  if (in.error) return in.error;

  const auto at = parse_time(occurred_at);
  if (!at) return at.error();
  envelope.occurred_at = *at;
  // The inbox's key: without one, "seen before" would be true of every second event. And an event of no
  // order has no key to be sent on under.
  if (envelope.event_id.empty() || envelope.order_no.empty())
    return make_error_code(boost::system::errc::invalid_argument);
  return envelope;
}

}  // namespace contracts
