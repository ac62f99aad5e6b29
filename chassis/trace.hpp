#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/ids.hpp"

namespace chassis {

// One step of a request's or an order's life: W3C Trace Context, level 1. The trace id stays the same
// through HTTP calls, events, retries and delays, so that one grep over all logs tells the story.
struct TraceContext {
  std::string trace_id;  // 32 hex digits, lower case, not all zero
  std::string span_id;   // 16 likewise
  bool sampled = true;

  // "00-<trace>-<span>-01"
  [[nodiscard]] std::string traceparent() const;
};

// Nothing when the text is not a valid traceparent. Versions above 00 are read as far as 00 goes.
std::optional<TraceContext> parse_traceparent(std::string_view text);

TraceContext new_trace(const base::RandomSource& random);
// The next step of the same trace.
TraceContext child_of(const TraceContext& parent, const base::RandomSource& random);
// The next step of the trace that `traceparent` names, or a new trace when it names none.
TraceContext continue_trace(std::string_view traceparent, const base::RandomSource& random);

// The trace id of a traceparent, for logs; "" when there is none.
std::string_view trace_id_of(std::string_view traceparent);

}  // namespace chassis
