#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "mq/acl/request_table.hpp"
#include "mq/apps/node_testing.hpp"
#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/protocol/signature.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// Who may do what, over the wire.
namespace mq::apps {
namespace {

using broker::testing::bodies_of;
using broker::testing::number;
using broker::testing::records_of;
using broker::testing::TestClient;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace request_code = protocol::request_code;
namespace response_code = protocol::response_code;

constexpr auto* kAccounts = R"(
accounts:
  - {accessKey: seller, secretKey: sellers-secret, topicPerms: [orders=PUB]}
  - {accessKey: buyer, secretKey: buyers-secret, topicPerms: [orders=SUB], groupPerms: [buyers=SUB]}
  - {accessKey: boss, secretKey: boss-secret, admin: true}
)";

// A file of accounts that goes with the test.
class AccountsFile {
 public:
  explicit AccountsFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("sluice-accounts-" + std::to_string(::getpid()) + ".yml")) {
    write(text);
  }
  ~AccountsFile() { std::filesystem::remove(path_); }
  AccountsFile(const AccountsFile&) = delete;
  AccountsFile& operator=(const AccountsFile&) = delete;
  void write(const std::string& text) const {
    std::ofstream(path_) << text;
    std::filesystem::permissions(path_,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Who {
 public:
  Who(std::string name, const std::string& secret) : name_(std::move(name)), key_(secret) {}
  [[nodiscard]] protocol::Command signs(protocol::Command request) const {
    protocol::sign(request, name_, key_);
    return request;
  }

 private:
  std::string name_;
  protocol::SigningKey key_;
};

protocol::Command heartbeat_of(const std::string& group, const std::vector<std::string>& topics) {
  protocol::HeartbeatData data;
  data.client_id = "127.0.0.1@1";
  auto& consumer = data.consumers.emplace_back();
  consumer.group = group;
  for (const auto& topic : topics) {
    auto& subscription = consumer.subscriptions.emplace_back();
    subscription.topic = topic;
    subscription.expression = "*";
  }
  protocol::Command request;
  request.code = request_code::kHeartBeat;
  request.body = protocol::encode_body(data);
  return request;
}

template <class Header>
protocol::Command with(const Header& header) {
  return protocol::make_request(header);
}

// Files that were read again count from a moment after reload() on.
template <class Ask>
bool becomes(std::int32_t wanted, Ask ask) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (ask() != wanted) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

class AclTest : public ::testing::Test {
 protected:
  AclTest() {
    protocol::CreateTopicRequest topic;
    for (const auto* name : {"orders", "secrets"}) {
      topic.topic = name;
      topic.read_queues = topic.write_queues = 1;
      EXPECT_EQ(client_.call(boss_.signs(with(topic))).code, response_code::kSuccess);
    }
  }
  static BrokerConfig config(const std::filesystem::path& accounts) {
    auto config = Node::test_config();
    config.acl = accounts;
    return config;
  }
  static protocol::Command send_to(const std::string& topic) {
    return TestClient::send_request({.topic = topic, .body = "hello"});
  }
  static protocol::Command pull_from(const std::string& group, const std::string& topic) {
    return with(TestClient::pull_request(group, topic, 0, 0));
  }
  std::int32_t code_of(protocol::Command request) { return client_.call(std::move(request)).code; }

  AccountsFile file_{kAccounts};
  Node node_{config(file_.path())};
  TestClient client_{node_.port()};
  TestClient names_{node_.namesrv()};
  const Who seller_{"seller", "sellers-secret"};
  const Who buyer_{"buyer", "buyers-secret"};
  const Who boss_{"boss", "boss-secret"};
};

TEST_F(AclTest, WhoIsAllowedSendsAndConsumes) {
  EXPECT_EQ(code_of(seller_.signs(send_to("orders"))), response_code::kSuccess);
  EXPECT_EQ(code_of(buyer_.signs(heartbeat_of("buyers", {"orders", "%RETRY%buyers"}))),
            response_code::kSuccess);
  const auto pulled = client_.call(buyer_.signs(pull_from("buyers", "orders")));
  EXPECT_EQ(bodies_of(pulled.body), (std::vector<std::string>{"hello"})) << pulled.remark;
}

TEST_F(AclTest, WithoutASignatureNothingGoes) {
  const auto answer = client_.call(send_to("orders"));
  EXPECT_EQ(answer.code, response_code::kNoPermission);
  EXPECT_EQ(answer.remark, "the request is not signed: this server wants an access key");
  EXPECT_EQ(names_.call(request_code::kGetBrokerClusterInfo).code, response_code::kNoPermission)
      << "nor on the name server's port";
  for (const auto& row : node_.node().broker_router().rows()) {
    EXPECT_EQ(client_.call(row.code).code, response_code::kNoPermission) << row.name;
  }
  for (const auto& row : node_.node().namesrv_router().rows()) {
    EXPECT_EQ(names_.call(row.code).code, response_code::kNoPermission) << row.name;
  }
  EXPECT_EQ(client_.call(987'654).code, response_code::kNoPermission) << "not even what nobody knows";
}

TEST_F(AclTest, AChangedRequestIsRefused) {
  auto request = seller_.signs(send_to("orders"));
  request.body += "!";
  EXPECT_EQ(code_of(request), response_code::kNoPermission);
  EXPECT_EQ(code_of(Who("seller", "guessed").signs(send_to("orders"))), response_code::kNoPermission);
}

TEST_F(AclTest, ARefusedSendStoresNothing) {
  EXPECT_EQ(code_of(buyer_.signs(send_to("orders"))), response_code::kNoPermission);
  protocol::GetMaxOffsetRequest max;
  max.topic = "orders";
  EXPECT_EQ(number(client_.call(boss_.signs(with(max))), "offset"), 0);
}

TEST_F(AclTest, ReadingIsByTopicAndGroup) {
  EXPECT_EQ(code_of(seller_.signs(pull_from("buyers", "orders"))), response_code::kNoPermission);
  EXPECT_EQ(code_of(buyer_.signs(pull_from("buyers", "secrets"))), response_code::kNoPermission);
  EXPECT_EQ(code_of(buyer_.signs(pull_from("others", "orders"))), response_code::kNoPermission);
  EXPECT_EQ(code_of(buyer_.signs(pull_from("buyers", "%RETRY%others"))), response_code::kNoPermission);
  EXPECT_EQ(code_of(buyer_.signs(heartbeat_of("buyers", {"orders", "secrets"}))),
            response_code::kNoPermission);
  EXPECT_EQ(code_of(buyer_.signs(heartbeat_of("others", {"orders"}))), response_code::kNoPermission);
}

TEST_F(AclTest, AMessageOfAnotherTopicIsNotReadByItsOffset) {
  const auto sent = client_.call(boss_.signs(send_to("secrets")));
  ASSERT_EQ(sent.code, response_code::kSuccess);
  const auto id = *sent.find("msgId");
  protocol::ViewMessageByIdRequest view;
  view.log_offset = std::stoll(std::string(id.substr(id.size() - 16)), nullptr, 16);
  EXPECT_EQ(code_of(boss_.signs(with(view))), response_code::kSuccess) << "there it is";
  EXPECT_EQ(code_of(buyer_.signs(with(view))), response_code::kNoPermission) << "without its topic";
  auto claimed = with(view);
  claimed.set("topic", "orders");
  EXPECT_EQ(code_of(buyer_.signs(claimed)), response_code::kNoPermission) << "as one of another topic";
  protocol::ConsumerSendMsgBackRequest back;
  back.group = "buyers";
  back.log_offset = view.log_offset;
  EXPECT_EQ(code_of(buyer_.signs(with(back))), response_code::kNoPermission) << "as a retry of one's own";
}

TEST_F(AclTest, AdministrationIsAnAdministrators) {
  protocol::CreateTopicRequest topic;
  topic.topic = "mine";
  topic.read_queues = topic.write_queues = 1;
  const auto answer = client_.call(seller_.signs(with(topic)));
  EXPECT_EQ(answer.code, response_code::kNoPermission);
  EXPECT_NE(answer.remark.find("administrator"), std::string::npos) << answer.remark;
  EXPECT_EQ(code_of(boss_.signs(with(topic))), response_code::kSuccess);
  protocol::PutKvConfigRequest kv;
  kv.name_space = "n";
  kv.key = "k";
  kv.value = "v";
  EXPECT_EQ(names_.call(seller_.signs(with(kv))).code, response_code::kNoPermission);
  EXPECT_EQ(names_.call(boss_.signs(with(kv))).code, response_code::kSuccess);
}

TEST_F(AclTest, RoutesAreForThoseWhoMayUseTheTopic) {
  protocol::GetRouteInfoByTopicRequest route;
  route.topic = "orders";
  EXPECT_EQ(names_.call(seller_.signs(with(route))).code, response_code::kSuccess);
  EXPECT_EQ(names_.call(buyer_.signs(with(route))).code, response_code::kSuccess);
  route.topic = "secrets";
  EXPECT_EQ(names_.call(buyer_.signs(with(route))).code, response_code::kNoPermission);
  route.topic = "TBW102";
  EXPECT_EQ(names_.call(buyer_.signs(with(route))).code, response_code::kSuccess)
      << "the template is everybody's";
}

TEST_F(AclTest, AnAnswerToTheBrokersOwnQuestionNeedsNoSignature) {
  TestClient consumer(node_.port());
  ASSERT_EQ(consumer.call(buyer_.signs(heartbeat_of("buyers", {"orders"}))).code, response_code::kSuccess);
  protocol::Command ask;
  ask.code = request_code::kGetConsumerRunningInfo;
  ask.ext = {{"consumerGroup", "buyers"}, {"clientId", "127.0.0.1@1"}, {"jstackEnable", "false"}};
  const auto opaque = client_.start(boss_.signs(ask));
  auto question = consumer.next_push();
  while (question && question->code != request_code::kGetConsumerRunningInfo) question = consumer.next_push();
  ASSERT_TRUE(question);
  protocol::Command answer;
  answer.body = "{}";
  consumer.answer(*question, answer);
  const auto relayed = client_.wait(opaque);
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->code, response_code::kSuccess) << relayed->remark;
}

TEST_F(AclTest, NewAccountsCountAtOnceAndABadFileChangesNothing) {
  EXPECT_EQ(code_of(buyer_.signs(send_to("orders"))), response_code::kNoPermission);
  file_.write("accounts: [{accessKey: buyer, secretKey: buyers-secret, defaultTopicPerm: PUB}]");
  node_.node().reload();
  EXPECT_TRUE(becomes(response_code::kSuccess, [&] { return code_of(buyer_.signs(send_to("orders"))); }));
  EXPECT_EQ(code_of(boss_.signs(send_to("orders"))), response_code::kNoPermission) << "she is gone";
  file_.write("accounts: [{accessKey: boss, secretKey: boss-secret, adnim: true}]");
  node_.node().reload();
  EXPECT_EQ(code_of(buyer_.signs(send_to("orders"))), response_code::kSuccess);
  EXPECT_EQ(code_of(boss_.signs(send_to("orders"))), response_code::kNoPermission);
}

TEST_F(AclTest, EveryCodeTheRoutersKnowHasItsRowInTheTable) {
  for (const auto* router : {&node_.node().broker_router(), &node_.node().namesrv_router()}) {
    for (const auto& row : router->rows())
      EXPECT_NE(acl::find_row(row.code), nullptr) << row.code << row.name;
  }
}

TEST(Acl, TrustedAddressesNeedNoSignature) {
  const AccountsFile file("globalWhiteRemoteAddresses: [127.0.0.1]\n");
  auto config = Node::test_config();
  config.acl = file.path();
  Node node{config};
  TestClient client{node.port()};
  EXPECT_EQ(client.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  file.write("globalWhiteRemoteAddresses: [127.0.0.2]\n");
  node.node().reload();
  EXPECT_TRUE(
      becomes(response_code::kNoPermission, [&] { return client.send({.topic = "T", .body = "x"}).code; }));
}

TEST(Acl, ABadFileIsOneSentenceAndNoStart) {
  const AccountsFile file("accounts: [{accessKey: a, secretKey: hush-hush, topicPerms: [t=ALL]}]\n");
  testing::Process broker({"--ephemeral", "--port", "0", "--acl", file.path().string()});
  const auto errors = broker.errors();
  EXPECT_EQ(broker.wait(), 1);
  EXPECT_NE(errors.find("line 1: a permission is DENY, PUB, SUB or PUB|SUB, not \"ALL\""), std::string::npos)
      << errors;
  EXPECT_EQ(errors.find("hush-hush"), std::string::npos) << errors;
}

TEST(Acl, TheAuditLogSaysWhoChangedWhat) {
  const AccountsFile file(kAccounts);
  const Who boss("boss", "boss-secret");
  const Who seller("seller", "sellers-secret");
  testing::Process broker({"--ephemeral", "--port", "0", "--metrics-enabled=false", "--log-level", "error",
                           "--acl", file.path().string()});
  const auto ready = broker.first_line();
  ASSERT_FALSE(ready.empty()) << broker.errors();
  {
    TestClient client(testing::port_of(ready, "broker"));
    protocol::CreateTopicRequest topic;
    topic.topic = "made";
    topic.read_queues = topic.write_queues = 1;
    EXPECT_EQ(client.call(boss.signs(with(topic))).code, response_code::kSuccess);
    topic.topic = "not\" who=\"boss";
    EXPECT_EQ(client.call(boss.signs(with(topic))).code, response_code::kInvalidParameter);
    topic.topic = "wished";
    EXPECT_EQ(client.call(seller.signs(with(topic))).code, response_code::kNoPermission);
    EXPECT_EQ(client.call(seller.signs(TestClient::send_request({.topic = "orders", .body = "x"}))).code,
              response_code::kSuccess);
  }
  broker.signal(SIGTERM);
  const auto log = broker.errors();
  EXPECT_EQ(broker.wait(), 0);
  const auto has = [&log](const std::string& text) { return log.find(text) != std::string::npos; };
  EXPECT_TRUE(has("UPDATE_AND_CREATE_TOPIC who=\"boss\"")) << log;
  EXPECT_TRUE(has("topic=made")) << log;
  EXPECT_TRUE(has("result=0")) << log;
  EXPECT_TRUE(has("result=29")) << "a refusal of the processor's: " << log;
  EXPECT_TRUE(has("not\\\" who=\\\"boss")) << "what came from outside stays inside its quotes: " << log;
  EXPECT_TRUE(has("who=\"seller\"")) << log;
  EXPECT_TRUE(has("result=16")) << log;
  EXPECT_FALSE(has("SEND_MESSAGE")) << "sending is no administration: " << log;
  EXPECT_FALSE(has("secret")) << log;
}

}  // namespace
}  // namespace mq::apps
