#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "mq/apps/http_testing.hpp"
#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/net/net_testing.hpp"
#include "mq/net/rpc_client.hpp"
#include "mq/net/rpc_stream.hpp"
#include "mq/net/tls_testing.hpp"
#include "mq/protocol/signature.hpp"

// Accounts and TLS of the program sluice-mq, in processes of their own.
namespace mq::apps {
namespace {

using broker::testing::TestClient;
using net::testing::TestCertificate;
using testing::http;
using testing::port_of;
using testing::Process;
namespace asio = boost::asio;
namespace response_code = protocol::response_code;

constexpr auto* kAccounts = R"(
accounts:
  - {accessKey: seller, secretKey: sellers-secret, topicPerms: [orders=PUB]}
  - {accessKey: boss, secretKey: boss-secret, admin: true}
)";

template <class Condition>
bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + net::testing::kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

protocol::Command signed_by(const std::string& name, const std::string& secret, protocol::Command request) {
  protocol::sign(request, name, protocol::SigningKey(secret));
  return request;
}

asio::awaitable<void> ask(asio::io_context& io, std::uint16_t port, protocol::Command request,
                          protocol::Command& answer) {
  net::RpcClient client(io.get_executor(), net::RpcOptions{.tls = std::make_shared<const net::TlsTrust>()});
  answer = co_await client.call("127.0.0.1:" + std::to_string(port), std::move(request),
                                base::deadline_in(net::testing::kPatience));
  co_await client.stop();
}

class SecurityProcessTest : public ::testing::Test {
 protected:
  SecurityProcessTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-security-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    accounts_ = write("accounts.yml", kAccounts);
  }
  ~SecurityProcessTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    namespace fs = std::filesystem;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path.string();
  }
  std::vector<std::string> arguments(const std::string& name, std::vector<std::string> more) const {
    std::vector<std::string> all{
        "--port", "0", "--data", (folder_ / name).string(), "--segment-size", "16MiB", "--segment-reserve",
        "0"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  [[nodiscard]] std::string log() const { return (folder_ / "log").string(); }
  [[nodiscard]] bool log_says(const std::string& what) const {
    std::ifstream file(log());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.contains(what);
  }

  std::filesystem::path folder_;
  std::string accounts_;
  const TestCertificate certificate_;
};

TEST_F(SecurityProcessTest, ASighupReadsTheAccountsAgainAndABadFileChangesNothing) {
  Process process(arguments("data", {"--acl", accounts_, "--log-file", log()}));
  const auto line = process.first_line();
  ASSERT_FALSE(line.empty()) << process.errors();
  TestClient client(port_of(line, "broker"));
  const auto code_of = [&](const std::string& name, const std::string& secret) {
    return client.call(signed_by(name, secret, TestClient::send_request({.topic = "orders", .body = "x"})))
        .code;
  };
  protocol::CreateTopicRequest topic;
  topic.topic = "orders";
  topic.read_queues = topic.write_queues = 1;
  ASSERT_EQ(client.call(signed_by("boss", "boss-secret", protocol::make_request(topic))).code,
            response_code::kSuccess);
  ASSERT_EQ(code_of("seller", "sellers-secret"), response_code::kSuccess);
  EXPECT_EQ(code_of("newcomer", "newcomers-secret"), response_code::kNoPermission);

  write("accounts.yml",
        "accounts: [{accessKey: newcomer, secretKey: newcomers-secret, topicPerms: [orders=PUB]}]");
  EXPECT_EQ(code_of("newcomer", "newcomers-secret"), response_code::kNoPermission) << "nobody has asked yet";
  process.signal(SIGHUP);
  EXPECT_TRUE(comes_true([&] { return code_of("newcomer", "newcomers-secret") == response_code::kSuccess; }));
  EXPECT_EQ(code_of("seller", "sellers-secret"), response_code::kNoPermission) << "no longer in the file";

  write("accounts.yml", "accounts: [{accessKey: seller, secretKey: sellers-secret, topicPerms: nonsense}]");
  process.signal(SIGHUP);
  ASSERT_TRUE(comes_true([&] { return log_says("accounts and certificate stay as they were"); }));
  EXPECT_EQ(code_of("newcomer", "newcomers-secret"), response_code::kSuccess);
  EXPECT_EQ(code_of("seller", "sellers-secret"), response_code::kNoPermission);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

class LockedNameServerTest : public SecurityProcessTest {
 protected:
  LockedNameServerTest() {
    const auto line = names_.first_line();
    if (!line.empty()) port_ = port_of(line, "namesrv");
  }
  void SetUp() override { ASSERT_NE(port_, 0) << names_.errors(); }

  std::string secret(const std::string& text) {
    return write("secret-" + std::to_string(++secrets_), text + "\n");
  }
  std::vector<std::string> registering(const std::string& broker, std::vector<std::string> more) {
    std::vector<std::string> all{"--role", "broker",         "--broker",
                                 broker,   "--namesrv-addr", "127.0.0.1:" + std::to_string(port_)};
    all.insert(all.end(), more.begin(), more.end());
    return arguments(broker, std::move(all));
  }
  // What the name server knows, asked in TLS by an administrator.
  std::string cluster() const {
    protocol::Command request;
    request.code = protocol::request_code::kGetBrokerClusterInfo;
    asio::io_context io;
    protocol::Command answer;
    net::testing::run(io, ask(io, port_, signed_by("boss", "boss-secret", std::move(request)), answer));
    return answer.body;
  }
  bool knows(const std::string& broker) const { return cluster().contains("\"" + broker + "\""); }
  static bool has_failed(const std::string& ready_line) {
    const auto page = http("GET", port_of_metrics(ready_line), "/metrics").body;
    const auto at = page.find("sluice_mq_namesrv_failures_total{");
    if (at == std::string::npos) return false;
    const auto line = page.substr(at, page.find('\n', at) - at);
    return std::stod(line.substr(line.rfind(' '))) >= 1;
  }
  static std::uint16_t port_of_metrics(const std::string& ready_line) {
    const std::string url(boost::json::parse(ready_line).as_object().at("metrics").as_string());
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.find(':', 5) + 1)));
  }

  Process names_{
      arguments("names", {"--role", "namesrv", "--acl", accounts_, "--tls", "enforcing", "--tls-cert",
                          certificate_.certificate().string(), "--tls-key", certificate_.key().string()})};
  std::uint16_t port_ = 0;
  int secrets_ = 0;
};

TEST_F(LockedNameServerTest, ABrokerWithTheRightKeyRegistersInTlsAndLeaves) {
  Process broker(
      registering("good", {"--namesrv-access-key", "boss", "--namesrv-secret-key-file", secret("boss-secret"),
                           "--namesrv-tls", "--namesrv-tls-ca", certificate_.certificate().string()}));
  const auto line = broker.first_line();
  ASSERT_FALSE(line.empty()) << broker.errors();
  EXPECT_TRUE(comes_true([&] { return knows("good"); }));
  EXPECT_TRUE(cluster().contains("127.0.0.1:" + std::to_string(port_of(line, "broker"))));
  broker.signal(SIGTERM);
  EXPECT_EQ(broker.wait(), 0) << broker.errors();
  EXPECT_FALSE(knows("good")) << "saying goodbye is signed, too";
}

// Each lacks one thing, and says so; none is known to anybody.
TEST_F(LockedNameServerTest, ABrokerThatLacksOneThingIsNotRegistered) {
  const TestCertificate other;
  const std::vector<std::pair<std::string, std::vector<std::string>>> lacking{
      {"plain", {"--namesrv-access-key", "boss", "--namesrv-secret-key-file", secret("boss-secret")}},
      {"unsigned", {"--namesrv-tls"}},
      {"wrong",
       {"--namesrv-access-key", "boss", "--namesrv-secret-key-file", secret("boss-secrets"),
        "--namesrv-tls"}},
      {"humble",
       {"--namesrv-access-key", "seller", "--namesrv-secret-key-file", secret("sellers-secret"),
        "--namesrv-tls"}},
      {"distrusting",
       {"--namesrv-access-key", "boss", "--namesrv-secret-key-file", secret("boss-secret"), "--namesrv-tls",
        "--namesrv-tls-ca", other.certificate().string()}},
  };
  for (const auto& [name, options] : lacking) {
    SCOPED_TRACE(name);
    Process broker(registering(name, options));
    const auto line = broker.first_line();
    ASSERT_FALSE(line.empty()) << broker.errors();
    EXPECT_TRUE(comes_true([&] { return has_failed(line); }));
    EXPECT_FALSE(knows(name));
    broker.signal(SIGTERM);
    const auto said = broker.errors();
    EXPECT_NE(said.find("not registered at a name server"), std::string::npos) << said;
    EXPECT_EQ(broker.wait(), 0);
  }
}

TEST_F(SecurityProcessTest, WhatMakesNoSenseTogetherIsSaidBeforeAnythingStarts) {
  const std::string where = "127.0.0.1:9876";
  const auto complaint = [&](std::vector<std::string> options) {
    Process program(arguments("data", std::move(options)));
    auto said = program.errors();
    EXPECT_NE(program.wait(), 0) << said;
    return said;
  };
  EXPECT_NE(complaint({"--namesrv-addr", where, "--namesrv-access-key", "boss"})
                .find("namesrv.secret-key-file is missing"),
            std::string::npos);
  EXPECT_NE(complaint({"--namesrv-addr", where, "--namesrv-tls-ca", "x.pem"}).find("namesrv.tls alone"),
            std::string::npos);
  EXPECT_NE(complaint({"--namesrv-tls"}).find("nobody to log in to"), std::string::npos);
  EXPECT_NE(complaint({"--namesrv-addr", where, "--namesrv-access-key", "boss", "--namesrv-secret-key-file",
                       (folder_ / "none").string()})
                .find("holds no secret"),
            std::string::npos);
}

}  // namespace
}  // namespace mq::apps
