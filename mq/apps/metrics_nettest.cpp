#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "mq/apps/metrics_source.hpp"
#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/broker/testing_store.hpp"
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
  void commit(std::int64_t offset) {
    protocol::UpdateConsumerOffsetRequest request;
    request.consumer_group = "g";
    request.topic = "T";
    request.commit_offset = offset;
    client_.call(request);
  }
  Node node_{with_metrics()};
  TestClient client_{node_.port()};
};

TEST_F(MetricsTest, CountsStandUnderUpstreamsNames) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(client_.send({.topic = "T", .body = "12345"}).code, 0);
  client_.pull("g", "T", 0, 0);
  commit(1);
  client_.send({.topic = "T", .body = "x", .properties = {{"DELAY", "18"}}});
  EXPECT_EQ(value("rocketmq_messages_in_total", R"(topic="T")"), 4);
  EXPECT_GT(value("rocketmq_throughput_in_total", R"(topic="T")"), 15);
  EXPECT_EQ(value("rocketmq_messages_out_total", R"(consumer_group="g")"), 3);
  EXPECT_EQ(value("rocketmq_consumer_lag_messages", R"(topic="T")"), 2);
  EXPECT_EQ(value("rocketmq_consumer_inflight_messages", R"(topic="T")"), 2);
  EXPECT_EQ(value("rocketmq_consumer_ready_messages", R"(topic="T")"), 0);
  EXPECT_EQ(value("rocketmq_consumer_connections", R"(consumer_group="g")"), 1);
  EXPECT_EQ(value("rocketmq_broker_permission"), 6);
  EXPECT_GT(value("rocketmq_storage_size_bytes", R"(storage_type="local")"), 0);
  EXPECT_EQ(value("rocketmq_message_size_count"), 4);
  EXPECT_EQ(value("rocketmq_message_size_bucket", R"(le="1024")"), 4);
  EXPECT_EQ(value("rocketmq_delay_message_latency_seconds_count"), 1);
  EXPECT_EQ(value("rocketmq_delay_message_latency_seconds_bucket", R"(le="3600")"), 0);
  EXPECT_EQ(value("rocketmq_storage_message_reserve_time_milliseconds"), 0);
  EXPECT_GT(value("sluice_mq_sync_seconds_count"), 0);
  EXPECT_EQ(value("sluice_mq_refused_sends_total", R"(reason="disk_full")"), 0);
  EXPECT_EQ(value("sluice_mq_series_left_out"), 0);
  EXPECT_EQ(value("rocketmq_timing_messages"), 1);
  EXPECT_EQ(value("sluice_mq_next_timer_due_seconds"),
            static_cast<double>(base::to_millis(node_.clock.now())) / 1000 + 7200);
  EXPECT_GE(value("hot_loop_stall_seconds"), 0);
  EXPECT_EQ(value("sluice_mq_requests_total", R"(code="310")"), 4);
}

TEST_F(MetricsTest, HowLongAGroupsMessagesWaitIsToldByTheirStoreTimes) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
    node_.clock.advance(std::chrono::seconds{10});
  }
  client_.heartbeat("c", "g", {{"T", "*"}});
  commit(1);
  EXPECT_EQ(value("rocketmq_consumer_lag_latency_milliseconds"), 20'000);
  EXPECT_EQ(value("rocketmq_consumer_queueing_latency_milliseconds"), 20'000);
  EXPECT_EQ(value("rocketmq_storage_message_reserve_time_milliseconds"), 30'000);
  client_.pull("g", "T", 0, 1);
  EXPECT_EQ(value("rocketmq_consumer_lag_latency_milliseconds"), 20'000);
  EXPECT_EQ(value("rocketmq_consumer_queueing_latency_milliseconds"), 0);
  commit(3);
  EXPECT_EQ(value("rocketmq_consumer_lag_latency_milliseconds"), 0);
}

TEST_F(MetricsTest, RefusedSendsAreCountedByReason) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  node_.disk.set_free_space(0);
  const std::string body(1 << 20, 'x');
  int refused = 0;
  for (int i = 0; i < 20 && refused == 0; ++i)
    refused += client_.send({.topic = "T", .body = body}).code != 0;
  ASSERT_EQ(refused, 1) << "the segment never was full";
  EXPECT_EQ(value("sluice_mq_refused_sends_total", R"(reason="disk_full")"), 1);
  EXPECT_EQ(value("sluice_mq_refused_sends_total", R"(reason="busy")"), 0);
  node_.disk.set_free_space(std::nullopt);  // the end wants to write a checkpoint
}

// The text format: HELP and TYPE before the samples of each family, every sample a name, labels and a number,
// no sample twice, and buckets that grow up to the count.
TEST_F(MetricsTest, ThePageIsWhatPrometheusReads) {
  client_.heartbeat("c", "g", {{"T", "*"}});
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  client_.pull("g", "T", 0, 0);
  std::istringstream page(get(node_.node().metrics_port(), "/metrics").body);
  const std::regex sample(
      R"re(([a-zA-Z_][a-zA-Z0-9_]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+)\} (-?[0-9.e+-]+|\+Inf|NaN))re");
  std::set<std::string> families, seen;
  std::string family, type;
  double bucket = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family << " stands in two places";
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), family);
      type = line.substr(line.rfind(' ') + 1);
      bucket = 0;
      continue;
    }
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
    if (type != "histogram") {
      EXPECT_EQ(parts[1].str(), family);
      EXPECT_EQ(family.ends_with("_total"), type == "counter") << family;
      continue;
    }
    EXPECT_TRUE(parts[1].str().starts_with(family + "_")) << line;
    if (!parts[1].str().ends_with("_bucket")) continue;
    EXPECT_GE(std::stod(parts[3]), bucket) << line;
    bucket = std::stod(parts[3]);
  }
  EXPECT_GT(families.size(), 60U);
}

std::set<std::string> families_of(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

// In the first column of the tables.
std::set<std::string> documented() {
  std::ifstream file(SLUICE_ROOT "/docs/metrics.md");
  std::set<std::string> names;
  const std::regex name("`([a-z_]+)`");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cell = line.substr(2, line.find(" |") - 2);
    for (std::sregex_iterator found(cell.begin(), cell.end(), name); found != std::sregex_iterator();
         ++found) {
      names.insert((*found)[1]);
    }
  }
  return names;
}

TEST_F(MetricsTest, EveryNameIsDocumentedAndEveryDocumentedNameIsThere) {
  EXPECT_EQ(families_of(get(node_.node().metrics_port(), "/metrics").body), documented());
}

TEST_F(MetricsTest, CountersAreOfThisProcess) {
  ASSERT_EQ(client_.send({.topic = "T", .body = "x"}).code, 0);
  EXPECT_EQ(value("rocketmq_messages_in_total", R"(topic="T")"), 1);
  node_.restart();
  EXPECT_EQ(value("rocketmq_messages_in_total", R"(topic="T")"), -1);
}

class MetricsWalkTest : public ::testing::Test {
 protected:
  static constexpr int kMany = 300;

  // So many turns of no time at all the walk needs.
  int turns() {
    int count = 0;
    snapshot_.reset();
    MetricsWalk walk(state_, clock_, [this](broker::MetricsSnapshot taken) { snapshot_ = std::move(taken); });
    do {
      ++count;
    } while (!walk.run(std::chrono::steady_clock::time_point::min()));
    return count;
  }

  mq::testing::ManualClock clock_;
  broker::testing::StoreOn<mq::testing::FaultyDisk> store_;
  BrokerState state_{Node::test_config(), *store_, clock_, {}, {}};
  std::optional<broker::MetricsSnapshot> snapshot_;
};

// Each row is a turn: however many there are, the hot loop serves others between them.
TEST_F(MetricsWalkTest, ATurnIsOneRowOfTopicsQueuesMembersAndProducers) {
  ASSERT_TRUE(state_.load());
  store_.sync();
  const auto before = turns();
  for (int i = 0; i < kMany; ++i) {
    broker::TopicConfig topic;
    topic.topic = "T" + std::to_string(i);
    ASSERT_TRUE(state_.topics.put(topic));
    ASSERT_NE(state_.groups.find_or_create("g" + std::to_string(i)).group, nullptr);
    state_.offsets.commit("g0", {topic.topic, 0}, QueueOffset{0});
    state_.offsets.commit("g1", {"T1", i}, QueueOffset{0});
    broker::Client client;
    client.connection = net::ConnectionKey{static_cast<std::uint64_t>(i) + 1};
    client.language = i % 2 == 0 ? "JAVA" : "GO";
    client.version = 513;
    protocol::ConsumerData member;
    member.group = "g2";
    state_.clients.register_consumer(member, client, broker::ClientRegistry::Subscriptions::replace,
                                     broker::ClientRegistry::Notice::withhold, {});
    state_.clients.register_producer(i < kMany / 2 ? "p" : "p" + std::to_string(i), client, {});
  }
  store_.sync();
  EXPECT_GE(turns(), before + 6 * kMany);
  ASSERT_TRUE(snapshot_);
  EXPECT_EQ(snapshot_->consumptions.size(), kMany + 1U) << "of g0 with every topic, of g1 with one";
  EXPECT_EQ(snapshot_->consumers.size(), 2U) << "kinds of clients";
  EXPECT_EQ(snapshot_->producers.begin()->second, kMany / 2U);
  EXPECT_EQ(snapshot_->left_out, 0U);
}

TEST(MetricsLabelTest, VersionsOfClientsHaveUpstreamsNames) {
  EXPECT_EQ(broker::client_version_label(513), "v5_5_0");
  EXPECT_EQ(broker::client_version_label(479), "v5_3_3");
  EXPECT_EQ(broker::client_version_label(409), "v4_9_8");
  EXPECT_EQ(broker::client_version_label(212), "v4_0_0_snapshot");
  EXPECT_EQ(broker::client_version_label(611), "v5_9_9");
  EXPECT_EQ(broker::client_version_label(211), "211");
  EXPECT_EQ(broker::client_version_label(612), "612");
}

TEST_F(MetricsTest, HealthIsAnsweredByTheHotLoop) {
  EXPECT_EQ(get(node_.node().metrics_port(), "/livez").status, 200);
  EXPECT_EQ(get(node_.node().metrics_port(), "/readyz").status, 200);
  EXPECT_EQ(get(node_.node().metrics_port(), "/nowhere").status, 404);
}

}  // namespace
}  // namespace mq::apps
