// Name servers and the brokers of other processes (rocketmq-wire.md 2.4, 4.1).
#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mq/apps/namesrv_node.hpp"
#include "mq/apps/node_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/model/compression.hpp"
#include "mq/protocol/register_body.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

namespace mq::apps {
namespace {

using namespace std::chrono_literals;
using broker::testing::TestClient;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace response_code = protocol::response_code;
namespace request_code = protocol::request_code;

// A name server alone, on a disk that outlives it.
class NameServer {
 public:
  explicit NameServer(std::uint16_t port = 0, NamesrvConfig names = {}) : names_(std::move(names)) {
    names_.role = "namesrv";
    start(port);
  }
  ~NameServer() { stop(); }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  void start(std::uint16_t port) {
    auto config = testing::RunningNode::test_config();
    config.namesrv = names_;
    config.segment_size = std::size_t{1} << 20;
    if (port != 0) config.namesrv_port = port;
    storage::StoreOptions options;
    options.segment_size = config.segment_size;
    options.reserve_segments = 0;
    std::string problem;
    node_ = std::make_unique<NamesrvNode>(config,
                                          *storage::MessageStore::open(disk_.directory(), options, problem));
    thread_ = std::thread([this] { EXPECT_TRUE(node_->run()); });
  }
  void stop() {
    if (!node_) return;
    node_->stop();
    thread_.join();
    node_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return node_->port(); }

 private:
  NamesrvConfig names_;
  mq::testing::FaultyDisk disk_;
  std::unique_ptr<NamesrvNode> node_;
  std::thread thread_;
};

std::optional<protocol::TopicRouteData> route_of(std::uint16_t name_server, const std::string& topic) {
  TestClient client(name_server);
  protocol::GetRouteInfoByTopicRequest request;
  request.topic = topic;
  const auto answer = client.call(request);
  if (answer.code != response_code::kSuccess) return std::nullopt;
  return *protocol::decode_body<protocol::TopicRouteData>(answer.body);
}

bool comes_true(const std::function<bool()>& condition) {
  for (const auto deadline = std::chrono::steady_clock::now() + 20s; !condition();) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

protocol::RegisterBrokerRequest who(const std::string& broker, const std::string& address,
                                    const std::string& cluster = "elsewhere") {
  protocol::RegisterBrokerRequest request;
  request.who = {broker, address, cluster, 0};
  request.ha_address = "127.0.0.1:10912";
  return request;
}

std::string body_with(const std::vector<std::string>& topics, std::int64_t version = 1) {
  protocol::RegisterBrokerBody body;
  body.topics.data_version = {version, 0, 1};
  for (const auto& name : topics) {
    auto& topic = body.topics.topics[name];
    topic.topic = name;
    topic.read_queues = topic.write_queues = 4;
  }
  return protocol::encode_body(body);
}

std::vector<std::string> topics_in(const protocol::Command& answer) {
  return protocol::decode_body<protocol::TopicList>(answer.body)->topics;
}

// The bundled broker's name server with a broker of another process.
class NamesrvTest : public ::testing::Test {
 protected:
  protocol::Command enroll(TestClient& on, const std::vector<std::string>& topics, std::int64_t version = 1) {
    return on.call(who("far", "127.0.0.1:1234"), body_with(topics, version));
  }
  Node node_;
  TestClient broker_{node_.namesrv()};
};

TEST_F(NamesrvTest, ARegisteredBrokersTopicsStandBesideTheBundledOnes) {
  ASSERT_EQ(enroll(broker_, {"TBW102", "Far"}).code, response_code::kSuccess);
  const auto far = route_of(node_.namesrv(), "Far");
  ASSERT_TRUE(far);
  EXPECT_EQ(far->brokers.at(0).addresses.at(0), "127.0.0.1:1234");
  const auto both = route_of(node_.namesrv(), "TBW102");
  ASSERT_EQ(both->queues.size(), 2U);
  EXPECT_EQ(both->queues[0].broker, "broker-a");
  EXPECT_EQ(both->queues[1].broker, "far");

  TestClient tool(node_.namesrv());
  const auto info =
      *protocol::decode_body<protocol::ClusterInfo>(tool.call(request_code::kGetBrokerClusterInfo).body);
  EXPECT_THAT(info.clusters.at("elsewhere"), ElementsAre("far"));
  EXPECT_THAT(info.clusters.at("DefaultCluster"), ElementsAre("broker-a"));
  protocol::GetTopicsByClusterRequest of_cluster;
  of_cluster.cluster = "elsewhere";
  EXPECT_THAT(topics_in(tool.call(of_cluster)), ElementsAre("Far", "TBW102"));
  EXPECT_THAT(topics_in(tool.call(request_code::kGetAllTopicListFromNamesrv)), Contains("Far"));
  EXPECT_THAT(topics_in(tool.call(request_code::kGetSystemTopicListFromNamesrv)),
              ElementsAre("DefaultCluster", "elsewhere", "broker-a", "far"));
  protocol::GetBrokerMemberGroupRequest members;
  members.cluster = "elsewhere";
  members.broker = "far";
  EXPECT_EQ(tool.call(members).body, R"({"brokerMemberGroup":{"brokerAddrs":{"0":"127.0.0.1:1234"},)"
                                     R"("brokerName":"far","cluster":"elsewhere"}})");
}

TEST_F(NamesrvTest, ACompressedRegistrationIsReadAndACorruptedOneRefused) {
  const auto part = [](const std::string& text) {
    const std::string size{'\0', '\0', static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    return size + text;
  };
  const std::string two{'\0', '\0', '\0', '\2'};
  const auto text = part(R"({"counter":1,"stateVersion":0,"timestamp":2})") + two +
                    part("P 2 2 6 SINGLE_TAG") + part("Q 2 2 6 SINGLE_TAG") + part("[]") +
                    std::string(4, '\0');
  const auto body = compress_zlib(base::bytes_of(text));
  auto request = who("far", "127.0.0.1:1234");
  request.compressed = true;
  request.body_crc32 = protocol::register_body_crc32(base::bytes_of(body)) ^ 1;
  auto answer = broker_.call(request, body);
  EXPECT_EQ(answer.code, response_code::kSystemError);
  EXPECT_EQ(answer.remark, "crc32 not match");
  EXPECT_FALSE(route_of(node_.namesrv(), "P"));
  request.body_crc32 ^= 1;
  EXPECT_EQ(broker_.call(request, body).code, response_code::kSuccess);
  EXPECT_EQ(route_of(node_.namesrv(), "P")->queues.at(0).write_queues, 2);
}

TEST_F(NamesrvTest, ABrokerGoesWhenItSaysSoAndWhenItsConnectionCloses) {
  enroll(broker_, {"Far", "Away"});
  protocol::UnregisterBrokerRequest leave;
  static_cast<protocol::BrokerIdentity&>(leave) = who("far", "127.0.0.1:1234").who;
  EXPECT_EQ(broker_.call(leave).code, response_code::kSuccess);
  EXPECT_FALSE(route_of(node_.namesrv(), "Far"));
  {
    TestClient other(node_.namesrv());
    enroll(other, {"Far", "Away"});
    EXPECT_TRUE(route_of(node_.namesrv(), "Far"));
  }
  EXPECT_TRUE(comes_true([&] { return !route_of(node_.namesrv(), "Far"); }));
}

TEST_F(NamesrvTest, ABrokerAsksWhetherItsTopicsAreKnown) {
  protocol::QueryDataVersionRequest ask;
  static_cast<protocol::BrokerIdentity&>(ask) = who("far", "127.0.0.1:1234").who;
  const auto version = [](std::int64_t counter) {
    return protocol::encode_body(protocol::DataVersion{counter, 0, 1});
  };
  auto answer = broker_.call(ask, version(1));
  EXPECT_EQ(answer.find("changed"), "true");
  EXPECT_EQ(answer.body, "");
  enroll(broker_, {"Far", "Away"});
  answer = broker_.call(ask, version(1));
  EXPECT_EQ(answer.find("changed"), "false");
  EXPECT_EQ(answer.body, version(1));
  EXPECT_EQ(broker_.call(ask, version(2)).find("changed"), "true");
  EXPECT_EQ(broker_.call(ask, "[").code, response_code::kSystemError);
}

TEST_F(NamesrvTest, WritingIsTakenFromOneBrokerAndATopicsRouteIsDeleted) {
  enroll(broker_, {"TBW102", "Far"});
  TestClient tool(node_.namesrv());
  protocol::WipeWritePermOfBrokerRequest wipe;
  wipe.broker = "far";
  EXPECT_EQ(broker::testing::number(tool.call(wipe), "wipeTopicCount"), 2);
  EXPECT_EQ(route_of(node_.namesrv(), "Far")->queues.at(0).perm, 4);
  EXPECT_EQ(route_of(node_.namesrv(), "TBW102")->queues.at(0).perm, 7);
  protocol::AddWritePermOfBrokerRequest add;
  add.broker = "far";
  EXPECT_EQ(broker::testing::number(tool.call(add), "addTopicCount"), 2);
  EXPECT_EQ(route_of(node_.namesrv(), "Far")->queues.at(0).perm, 6);
  protocol::DeleteTopicInNamesrvRequest remove;
  remove.topic = "TBW102";
  EXPECT_EQ(tool.call(remove).code, response_code::kSuccess);
  EXPECT_EQ(route_of(node_.namesrv(), "TBW102")->queues.size(), 1U) << "the bundled broker still has it";
  enroll(broker_, {"TBW102", "Far"});
  EXPECT_EQ(route_of(node_.namesrv(), "TBW102")->queues.size(), 2U);
}

TEST_F(NamesrvTest, HostileRegistrationsAreRefusedInWordsAndTheNameServerGoesOn) {
  auto bundled = broker_.call(who("broker-a", "127.0.0.1:1234"), body_with({"X", "Y"}));
  EXPECT_EQ(bundled.code, response_code::kSystemError);
  EXPECT_THAT(bundled.remark, HasSubstr("another name"));
  EXPECT_EQ(broker_.call(who("far", "no address"), body_with({"X", "Y"})).code, response_code::kSystemError);
  EXPECT_EQ(broker_.call(who("far", "h:1"), body_with({"X"})).code, response_code::kSystemError);
  for (const auto* body : {"{", "[]", "{\"topicConfigSerializeWrapper\":7}", "\xff\xfe"}) {
    EXPECT_EQ(broker_.call(who("far", "h:1"), body).code, response_code::kSystemError) << body;
  }
  auto bomb = who("far", "h:1");
  bomb.compressed = true;
  const std::string zeros(protocol::kRegisterBodyMax + 1, '\0');
  EXPECT_EQ(broker_.call(bomb, compress_zlib(base::bytes_of(zeros))).code, response_code::kSystemError);
  EXPECT_EQ(route_of(node_.namesrv(), "X"), std::nullopt);
  EXPECT_EQ(enroll(broker_, {"Far", "Away"}).code, response_code::kSuccess);
}

TEST(NameServerAlone, KeepsSettingsOverARestartAndTellsBrokersOrderedTopics) {
  NameServer names;
  {
    TestClient tool(names.port());
    protocol::PutKvConfigRequest put;
    put.name_space = "ORDER_TOPIC_CONFIG";
    put.key = "T";
    put.value = "far:4";
    EXPECT_EQ(tool.call(put).code, response_code::kSuccess);
    EXPECT_THAT(topics_in(tool.call(request_code::kGetAllTopicListFromNamesrv)), IsEmpty());
    EXPECT_EQ(tool.call(request_code::kHeartBeat).code, response_code::kRequestCodeNotSupported);
  }
  names.stop();
  names.start(0);
  TestClient broker(names.port());
  const auto answer = broker.call(who("far", "127.0.0.1:1234"), body_with({"T", "U"}));
  EXPECT_EQ(answer.body, R"({"table":{"T":"far:4"}})");
}

TEST(NameServerAlone, DropsABrokerThatFallsSilent) {
  NamesrvConfig quick;
  quick.scan_every = 1s;
  NameServer names(0, quick);
  TestClient broker(names.port());
  auto request = who("far", "127.0.0.1:1234");
  request.expiry_ms = 1000;
  ASSERT_EQ(broker.call(request, body_with({"T", "U"})).code, response_code::kSuccess);
  EXPECT_TRUE(route_of(names.port(), "T"));
  EXPECT_TRUE(broker.closes()) << "its connection is worth nothing any more";
  EXPECT_FALSE(route_of(names.port(), "T"));
}

// Our own broker at name servers of other processes.
BrokerConfig registering_at(const std::string& addresses, const std::string& role = "broker") {
  auto config = testing::RunningNode::test_config();
  config.namesrv.role = role;
  config.namesrv.addresses = addresses;
  return config;
}
std::string at(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

TEST(BrokerRegistration, EveryNameServerIsToldAndOneThatIsAwayDelaysNobody) {
  NameServer first, second;
  Node node(registering_at("127.0.0.1:1;" + at(first.port()) + ";" + at(second.port())));
  EXPECT_EQ(node.namesrv(), 0) << "it has none of its own";
  for (const auto port : {first.port(), second.port()}) {
    ASSERT_TRUE(comes_true([&] { return route_of(port, "TBW102").has_value(); }));
    EXPECT_EQ(route_of(port, "TBW102")->brokers.at(0).addresses.at(0), at(node.port()));
  }
}

TEST(BrokerRegistration, ANewTopicIsToldAtOnceAndOnlyWhenItIsDurable) {
  NameServer names;
  Node node(registering_at(at(names.port()), "all"));
  ASSERT_TRUE(comes_true([&] { return route_of(names.port(), "TBW102").has_value(); }));
  TestClient client(node.port());
  node.gate.close();
  const auto sent = client.start(TestClient::send_request({.topic = "Fresh", .body = "x"}));
  node.gate.wait_for_sync();
  EXPECT_FALSE(route_of(names.port(), "Fresh"));
  node.gate.open();
  ASSERT_TRUE(client.wait(sent));
  EXPECT_TRUE(comes_true([&] { return route_of(names.port(), "Fresh").has_value(); }));
}

TEST(BrokerRegistration, AnOrderlyEndTakesTheRoutesAway) {
  NameServer names;
  Node node(registering_at(at(names.port())));
  ASSERT_TRUE(comes_true([&] { return route_of(names.port(), "TBW102").has_value(); }));
  node.stop();
  EXPECT_FALSE(route_of(names.port(), "TBW102"));
}

TEST(BrokerRegistration, ARestartedNameServerIsToldAgainLongBeforeTheNextRound) {
  NameServer names;
  const auto port = names.port();
  Node node(registering_at(at(port)));
  ASSERT_TRUE(comes_true([&] { return route_of(port, "TBW102").has_value(); }));
  names.stop();
  names.start(port);
  EXPECT_FALSE(route_of(port, "TBW102")) << "routes are not kept";
  EXPECT_TRUE(comes_true([&] { return route_of(port, "TBW102").has_value(); })) << "the round takes 30 s";
}

TEST(BrokerRegistration, ThousandsOfTopicsArriveWhole) {
  NameServer names;
  Node node(registering_at(at(names.port())));
  TestClient client(node.port());
  for (int i = 0; i < 3000; ++i) {
    protocol::CreateTopicRequest create;
    create.topic = "T" + std::to_string(i);
    create.default_topic = "TBW102";
    create.read_queues = create.write_queues = 1;
    create.perm = 6;
    client.start(protocol::make_request(create));
  }
  TestClient tool(names.port());
  EXPECT_TRUE(comes_true(
      [&] { return topics_in(tool.call(request_code::kGetAllTopicListFromNamesrv)).size() > 3000; }));
}

}  // namespace
}  // namespace mq::apps
