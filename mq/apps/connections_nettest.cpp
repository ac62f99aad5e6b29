// Many connections, and the end of a broker that has some.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "mq/apps/node_testing.hpp"
#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

constexpr std::size_t kConnections = 10'000;
constexpr std::size_t kConnectionsMin = 2000;
constexpr std::size_t kBytesPerConnectionMax = 4096;

std::size_t raise_own_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

std::size_t resident_bytes(std::int64_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1024;
  }
  return 0;
}

class Sockets {
 public:
  ~Sockets() {
    for (const int fd : all_) ::close(fd);
  }
  bool open(std::uint16_t port) {
    const int fd = connect_to(port);
    if (fd >= 0) all_.push_back(fd);
    return fd >= 0;
  }

 private:
  std::vector<int> all_;
};

TEST(ManyConnections, TenThousandIdleOnesCostLittleMemoryAndOthersAreServed) {
  const auto own_limit = raise_own_limit();
  const auto count = std::min(kConnections, own_limit / 10 * 8);
  if (count < kConnections)
    std::cout << "only " << count << " connections: the hard limit is " << own_limit << "\n";
  ASSERT_GE(count, kConnectionsMin) << "raise the hard limit of open files";

  std::string data = std::filesystem::temp_directory_path() / "sluice-connections.XXXXXX";
  ASSERT_NE(::mkdtemp(data.data()), nullptr);
  {
    testing::Process server({"--port", "0", "--metrics-enabled=false", "--data", data, "--segment-reserve",
                             "0", "--log-level", "error"});
    const auto line = server.first_line();
    const auto port = testing::port_of(line, "broker");
    const auto pid = boost::json::parse(line).at("pid").as_int64();
    TestClient before(port);
    ASSERT_EQ(before.send({.topic = "T", .body = "before"}).code, response_code::kSuccess);
    const auto resident = resident_bytes(pid);

    Sockets idle;
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(idle.open(port)) << "connection " << i;
    TestClient after(port);
    EXPECT_EQ(after.send({.topic = "T", .body = "after"}).code, response_code::kSuccess);
    EXPECT_EQ(before.send({.topic = "T", .body = "still here"}).code, response_code::kSuccess);
    const auto grown = resident_bytes(pid) - resident;
    std::cout << grown / count << " bytes of memory for each of " << count << " idle connections\n";
    EXPECT_LT(grown / count, kBytesPerConnectionMax);
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
  }
  std::filesystem::remove_all(data);
}

TEST(ManyConnections, ThoseAboveTheLimitAreClosedAndTheOthersGoOn) {
  auto config = testing::RunningNode::test_config();
  config.max_connections = 3;
  Node node(config);
  TestClient first(node.port()), second(node.port()), third(node.port());
  for (auto* client : {&first, &second, &third}) {
    ASSERT_EQ(client->send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  }
  TestClient fourth(node.port());
  EXPECT_TRUE(fourth.closes());
  EXPECT_EQ(first.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
}

protocol::Command send_by(std::int32_t version, const std::string& topic = "T") {
  auto request = TestClient::send_request({.topic = topic, .body = "x"});
  request.version = version;
  return request;
}
constexpr std::int32_t kKnowsGoAway = 477, kDoesNot = 475;

class GoingAway : public ::testing::Test {
 protected:
  static BrokerConfig config() {
    auto config = testing::RunningNode::test_config();
    config.shutdown_drain = 2s;
    return config;
  }
  Node node_{config()};
  TestClient modern_{node_.port()}, old_{node_.port()};
};

TEST_F(GoingAway, ModernClientsAreSentAwayAndOldOnesServed) {
  ASSERT_EQ(modern_.call(send_by(kKnowsGoAway)).code, response_code::kSuccess);
  node_.node().stop();
  const auto away = modern_.call(send_by(kKnowsGoAway));
  EXPECT_EQ(away.code, response_code::kGoAway);
  EXPECT_EQ(away.remark, "please go away");
  EXPECT_EQ(old_.call(send_by(kDoesNot)).code, response_code::kSuccess);
  EXPECT_EQ(connect_to(node_.port()), -1) << "nobody comes in any more";
  EXPECT_TRUE(modern_.closes());
  EXPECT_TRUE(old_.closes());
}

TEST_F(GoingAway, WhatWasAskedBeforeIsAnswered) {
  ASSERT_EQ(modern_.call(send_by(kKnowsGoAway)).code, response_code::kSuccess);
  node_.gate.close();
  const auto sent = modern_.start(send_by(kKnowsGoAway));
  node_.gate.wait_for_sync();
  const auto pull = old_.start(protocol::make_request([] {
    auto request = TestClient::pull_request("g", "T", 0, 100);
    request.suspend_ms = 60'000;
    return request;
  }()));
  node_.node().stop();
  EXPECT_EQ(modern_.call(send_by(kKnowsGoAway)).code, response_code::kGoAway);
  node_.gate.open();
  const auto answer = modern_.wait(sent);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, response_code::kSuccess);
  EXPECT_TRUE(old_.wait(pull)) << "a pull that waits is told to come again";
}

TEST_F(GoingAway, OffsetsThatModernClientsCommitOneWayAreStillTaken) {
  ASSERT_EQ(modern_.call(send_by(kKnowsGoAway)).code, response_code::kSuccess);
  modern_.heartbeat("c", "g", {{"T", "*"}});
  node_.node().stop();
  ASSERT_EQ(modern_.call(send_by(kKnowsGoAway)).code, response_code::kGoAway);
  protocol::UpdateConsumerOffsetRequest commit;
  commit.consumer_group = "g";
  commit.topic = "T";
  commit.queue = 0;
  commit.commit_offset = 1;
  modern_.oneway(protocol::make_request(commit));
  EXPECT_TRUE(modern_.closes());
  node_.restart();
  TestClient again(node_.port());
  protocol::QueryConsumerOffsetRequest query;
  query.consumer_group = "g";
  query.topic = "T";
  query.queue = 0;
  EXPECT_EQ(broker::testing::number(again.call(query), "offset"), 1);
}

TEST_F(GoingAway, WithNobodyConnectedThereIsNothingToWaitFor) {
  auto patient = testing::RunningNode::test_config();
  patient.shutdown_drain = 24h;
  Node node(patient);
  node.stop();  // returns
}

}  // namespace
}  // namespace mq::apps
