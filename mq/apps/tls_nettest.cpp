#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "mq/apps/node_testing.hpp"
#include "mq/apps/process_testing.hpp"
#include "mq/broker/testing_client.hpp"
#include "mq/net/net_testing.hpp"
#include "mq/net/rpc_client.hpp"
#include "mq/net/rpc_stream.hpp"
#include "mq/net/tls_testing.hpp"
#include "mq/testing/faulty_disk.hpp"
#include "mq/testing/manual_clock.hpp"

// The broker behind TLS, and what it wants before it leaves loopback.
namespace mq::apps {
namespace {

using broker::testing::TestClient;
using net::testing::TestCertificate;
using Node = testing::NodeOn<mq::testing::ManualClock, mq::testing::FaultyDisk>;
namespace asio = boost::asio;
namespace request_code = protocol::request_code;
namespace response_code = protocol::response_code;

BrokerConfig with_tls(const TestCertificate& certificate, const std::string& mode) {
  auto config = Node::test_config();
  config.tls_certificate = certificate.certificate();
  config.tls_key = certificate.key();
  config.tls_mode = mode;
  return config;
}

// The code of the answer, or -1.
asio::awaitable<void> ask(asio::io_context& io, std::uint16_t port, std::filesystem::path authorities,
                          protocol::Command request, std::int32_t& code) {
  net::RpcClient client(io.get_executor(),
                        net::RpcOptions{.tls = std::make_shared<const net::TlsTrust>(authorities)});
  try {
    const auto answer = co_await client.call("127.0.0.1:" + std::to_string(port), std::move(request),
                                             base::deadline_in(net::testing::kPatience));
    code = answer.code;
  } catch (const boost::system::system_error&) {
    code = -1;
  }
  co_await client.stop();
}

std::int32_t code_in_tls(std::uint16_t port, const std::filesystem::path& authorities,
                         protocol::Command request) {
  asio::io_context io;
  std::int32_t code = -2;
  net::testing::run(io, ask(io, port, authorities, std::move(request), code));
  return code;
}

protocol::Command cluster_info() {
  protocol::Command request;
  request.code = request_code::kGetBrokerClusterInfo;
  return request;
}

TEST(Tls, EveryPortServesItAndEnforcingServesNothingElse) {
  const TestCertificate certificate;
  Node node{with_tls(certificate, "enforcing")};
  const auto send = TestClient::send_request({.topic = "T", .body = "x"});
  EXPECT_EQ(code_in_tls(node.port(), certificate.certificate(), send), response_code::kSuccess);
  EXPECT_EQ(code_in_tls(node.node().ports().vip, certificate.certificate(), send), response_code::kSuccess);
  EXPECT_EQ(code_in_tls(node.namesrv(), certificate.certificate(), cluster_info()), response_code::kSuccess);
  for (const auto port : {node.port(), node.node().ports().vip, node.namesrv()}) {
    TestClient plain(port);
    plain.start(cluster_info());
    EXPECT_TRUE(plain.closes()) << port;
  }
}

TEST(Tls, PermissiveServesPlainClientsToo) {
  const TestCertificate certificate;
  Node node{with_tls(certificate, "permissive")};
  TestClient plain(node.port());
  EXPECT_EQ(plain.send({.topic = "T", .body = "x"}).code, response_code::kSuccess);
  EXPECT_EQ(code_in_tls(node.namesrv(), {}, cluster_info()), response_code::kSuccess);
}

TEST(Tls, ANewCertificateIsTakenAndABadOneIsNot) {
  const TestCertificate certificate;
  const TestCertificate next;
  Node node{with_tls(certificate, "enforcing")};
  namespace fs = std::filesystem;
  const auto replace = fs::copy_options::overwrite_existing;
  fs::copy_file(next.certificate(), certificate.certificate(), replace);
  node.node().reload();  // its key is still the old one's
  EXPECT_EQ(code_in_tls(node.namesrv(), next.certificate(), cluster_info()), -1);
  EXPECT_EQ(code_in_tls(node.namesrv(), {}, cluster_info()), response_code::kSuccess)
      << "the old one is in force";
  fs::copy_file(next.key(), certificate.key(), replace);
  node.node().reload();
  const auto deadline =
      std::chrono::steady_clock::now() + net::testing::kPatience;  // it counts a moment later
  auto code = code_in_tls(node.namesrv(), next.certificate(), cluster_info());
  while (code != response_code::kSuccess && std::chrono::steady_clock::now() < deadline) {
    code = code_in_tls(node.namesrv(), next.certificate(), cluster_info());
  }
  EXPECT_EQ(code, response_code::kSuccess);
}

class PublicBindTest : public ::testing::Test {
 protected:
  PublicBindTest() { std::ofstream(accounts_) << "accounts: [{accessKey: a, secretKey: topsecret}]\n"; }
  ~PublicBindTest() override { std::filesystem::remove(accounts_); }

  // What is said of these settings; nothing is bound.
  std::string complaint(std::vector<std::string> more) {
    std::vector<std::string> arguments{"--check-config", "--ip", "0.0.0.0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    testing::Process program(arguments);
    auto errors = program.errors();
    const auto code = program.wait();
    EXPECT_EQ(code, errors.empty() ? 0 : 2) << errors;
    return errors;
  }
  bool is_named(const std::string& text, const std::string& what) const {
    return text.find(what) != std::string::npos;
  }

  const std::string accounts_ =
      (std::filesystem::temp_directory_path() / ("sluice-public-" + std::to_string(::getpid()) + ".yml"))
          .string();
  const TestCertificate certificate_;
};

TEST_F(PublicBindTest, NeedsAccountsAndEnforcedTlsAndSaysWhichIsMissing) {
  const auto cert = certificate_.certificate().string();
  const auto key = certificate_.key().string();
  const auto nothing = complaint({});
  EXPECT_TRUE(is_named(nothing, "a file of accounts")) << nothing;
  EXPECT_TRUE(is_named(nothing, "tls.cert")) << nothing;
  const auto accounts_only = complaint({"--acl", accounts_});
  EXPECT_FALSE(is_named(accounts_only, "a file of accounts")) << accounts_only;
  EXPECT_TRUE(is_named(accounts_only, "tls.mode=enforcing")) << accounts_only;
  const auto permissive = complaint({"--acl", accounts_, "--tls-cert", cert, "--tls-key", key});
  EXPECT_TRUE(is_named(permissive, "tls.mode=enforcing")) << permissive;
  const auto no_accounts = complaint({"--tls-cert", cert, "--tls-key", key, "--tls", "enforcing"});
  EXPECT_TRUE(is_named(no_accounts, "a file of accounts")) << no_accounts;
  EXPECT_EQ(complaint({"--acl", accounts_, "--tls-cert", cert, "--tls-key", key, "--tls", "enforcing"}), "");
  EXPECT_EQ(complaint({"--insecure-public"}), "");
}

TEST_F(PublicBindTest, CertificateAndKeyBelongTogether) {
  const auto errors = complaint({"--insecure-public", "--tls-cert", certificate_.certificate().string()});
  EXPECT_TRUE(is_named(errors, "tls.key is missing")) << errors;
}

TEST_F(PublicBindTest, MetricsStayOnLoopbackWhereNobodyLogsIn) {
  BrokerConfig config;
  config.ip = "10.0.0.5";
  EXPECT_EQ(config.metrics_address(), "127.0.0.1");
  config.metrics_ip = "10.0.0.6";
  EXPECT_EQ(config.metrics_address(), "10.0.0.6");
  config.metrics_ip.clear();
  config.insecure_public = true;
  EXPECT_EQ(config.metrics_address(), "10.0.0.5");
}

}  // namespace
}  // namespace mq::apps
