#pragma once
#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "contracts/decode.hpp"
#include "contracts/envelope.hpp"

// From the struct of an event to its envelope and back.
namespace contracts {

// A described struct -> JSON. Empty optionals become null, which readers take for absent.
template <class T>
boost::json::value encode(const T& described)
  requires Described<T>
{
  return boost::json::value_from(described);
}

// What an event needs besides its data.
struct EventHead {
  std::string event_id;
  std::string order_no;
  std::int64_t sequence = 0;
  base::Time occurred_at;
  std::string traceparent;
};

// The envelope of an event struct, typed after its kType:
//   auto event = make_event({.event_id = id, .order_no = no, …}, OrderShipped{.user_id = user, …});
template <class Event>
// NOLINTNEXTLINE(performance-unnecessary-value-param): moved from, which the check misses in a template
Envelope make_event(EventHead head, const Event& data) {
  return {.event_id = std::move(head.event_id),
          .type = std::string(Event::kType),
          .version = 1,
          .order_no = std::move(head.order_no),
          .sequence = head.sequence,
          .occurred_at = head.occurred_at,
          .traceparent = std::move(head.traceparent),
          .data = encode(data)};
}

// The data of an envelope that is known to be of this type; an error when it is of another.
template <class Event>
base::Result<Event> event_data(const Envelope& envelope) {
  if (envelope.type != Event::kType) return make_error_code(boost::system::errc::wrong_protocol_type);
  return read<Event>(envelope.data);
}

}  // namespace contracts
