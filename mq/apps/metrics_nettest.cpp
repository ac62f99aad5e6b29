#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <sstream>
#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/net/http.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;

net::HttpResponse get(std::uint16_t port, const std::string& path) {
  boost::asio::io_context context;
  net::HttpClient client(context.get_executor());
  auto response = boost::asio::co_spawn(context,
                                        client.send("GET", "http://127.0.0.1:" + std::to_string(port) + path,
                                                    {}, {}, base::deadline_in(std::chrono::seconds{20})),
                                        boost::asio::use_future);
  context.run();
  return response.get();
}

class MetricsTest : public ::testing::Test {
 protected:
  static BrokerConfig with_metrics() {
    auto config = Node::test_config();
    config.metrics = true;
    return config;
  }
  // The value of the first sample whose line begins with `name` and holds `label`; -1 when there is none.
  double value(const std::string& name, const std::string& label = "") {
    std::istringstream page(get(node_.node().metrics_port(), "/metrics").body);
    for (std::string line; std::getline(page, line);) {
      if (!line.starts_with(name + "{") || line.find(label) == std::string::npos) continue;
      return std::stod(line.substr(line.rfind(' ')));
    }
    return -1;
  }
  Node node_{with_metrics()};
  TestClient client_{node_.port()};
};

TEST_F(MetricsTest, CountsStandUnderUpstreamsNames) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(client_.send({.topic = "T", .body = "12345"}).code, 0);
  client_.pull("g", "T", 0, 0);
  protocol::UpdateConsumerOffsetRequest commit;
  commit.consumer_group = "g";
  commit.topic = "T";
  commit.commit_offset = 1;
  client_.call(commit);
  client_.send({.topic = "T", .body = "x", .properties = {{"DELAY", "18"}}});
  EXPECT_EQ(value("rocketmq_messages_in_total", R"(topic="T")"), 4);
  EXPECT_GT(value("rocketmq_throughput_in_total", R"(topic="T")"), 15);
  EXPECT_EQ(value("rocketmq_messages_out_total", R"(consumer_group="g")"), 3);
  EXPECT_EQ(value("rocketmq_consumer_lag_messages", R"(topic="T")"), 2);
  EXPECT_EQ(value("rocketmq_consumer_connections"), 1);
  EXPECT_EQ(value("rocketmq_timing_messages"), 1);
  EXPECT_EQ(value("sluice_mq_next_timer_due_seconds"),
            static_cast<double>(base::to_millis(node_.clock.now())) / 1000 + 7200);
  EXPECT_GE(value("hot_loop_stall_seconds"), 0);
  EXPECT_EQ(value("sluice_mq_requests_total", R"(code="310")"), 4);
}

TEST_F(MetricsTest, HealthIsAnsweredByTheHotLoop) {
  EXPECT_EQ(get(node_.node().metrics_port(), "/livez").status, 200);
  EXPECT_EQ(get(node_.node().metrics_port(), "/readyz").status, 200);
  EXPECT_EQ(get(node_.node().metrics_port(), "/nowhere").status, 404);
}

}  // namespace
}  // namespace mq::apps
