#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "mq/broker/awaits.hpp"
#include "mq/broker/faults.hpp"
#include "mq/net/http.hpp"

namespace mq::apps {

// What tests may ask of a broker. All but `post` run on the hot thread.
struct TestHooks {
  std::function<void(std::function<void()>)> post;  // from any thread: runs it on the hot thread
  std::function<void(broker::AwaitQuery, broker::Awaits::Then)> await;
  // Everything forgotten; how long that took. Nothing: the data is somebody's.
  std::function<std::chrono::microseconds()> reset;
  std::function<broker::Faults&()> faults;  // nothing, as above
  // Makes it, or gives it so many queues; false: the log does not take it. Nothing, as above.
  std::function<bool(const std::string& topic, std::int32_t queues)> make_topic;
};

// GET /await for every broker; POST /reset, PUT /topics/{topic} and POST, GET and DELETE /faults for those
// whose data goes with the run: others answer 403 and say why. What carries an Origin is a browser's page,
// and refused.
void add_test_routes(net::HttpServer& http, const TestHooks& hooks);

inline constexpr std::chrono::seconds kAwaitMax{60};
inline constexpr std::int32_t kTestQueuesMax = 1024;

}  // namespace mq::apps
