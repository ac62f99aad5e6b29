#pragma once
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mq/load/histogram.hpp"
#include "mq/net/http.hpp"

namespace bench {
using mq::load::Histogram;

struct Callback {
  std::string order_no;
  std::string body;
};

struct Answers {
  Histogram latency;                                // from the time a callback was to be sent
  std::map<std::string, std::int64_t> answered_us;  // by order: wall clock, microseconds since 1970
  int asked = 0, failed = 0;
  double seconds = 0;  // from the first to the last answer
};

// Posts the callbacks at a fixed rate, whether or not the ones before are answered: a slow system gets no
// mercy, and what waits because of it counts.
boost::asio::awaitable<Answers> drive(mq::net::HttpClient& http, std::string url,
                                      std::vector<Callback> callbacks, int per_second);

}  // namespace bench
