#pragma once
#include <string>

#include "chassis/metrics.hpp"
#include "mq/base/ids.hpp"
#include "mq/net/http.hpp"

namespace chassis {

// Gives every request of `server` a trace and tells of every answer: one line in the access log (with
// trace id) and http_request_seconds{listener,method,route,status}.
//
// A handler finds its own step of the trace in request.header("traceparent"), always valid: the
// caller's trace continued, or a new one. It goes into the events and calls that the request causes.
// Both references outlive the server.
void observe_http(mq::net::HttpServer& server, std::string listener, Metrics& metrics,
                  const base::RandomSource& random);

}  // namespace chassis
