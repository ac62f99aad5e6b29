#include <gtest/gtest.h>

#include <boost/asio/ssl.hpp>

#include <fstream>
#include <optional>
#include <string>

#include "mq/net/rpc_client.hpp"
#include "mq/net/rpc_stream.hpp"
#include "mq/net/server_testing.hpp"
#include "mq/net/tls.hpp"
#include "mq/net/tls_testing.hpp"

// TLS and plain connections on one port.
namespace mq::net {
namespace {

using testing::BlockingClient;
using testing::request_frame;
using testing::asio::ip::tcp;
namespace asio = boost::asio;

class TlsTest : public testing::ServerTest {
 protected:
  void start_with(TlsMode mode, ServerOptions options = {}) {
    start(options);
    secure(mode, certificate_);
  }
  void secure(TlsMode mode, const testing::TestCertificate& certificate) {
    on_loop([&] {
      server_->secure(std::make_shared<const TlsContext>(certificate.certificate(), certificate.key()), mode);
      return true;
    });
  }

  // One call of the RPC client; the body that came back, or what went wrong.
  std::string call(const std::shared_ptr<const TlsTrust>& trust, const std::string& body) {
    std::string got;
    asio::io_context context;
    testing::run(context,
                 [](asio::io_context& io, std::uint16_t port, auto tls, std::string said,
                    std::string& answer) -> asio::awaitable<void> {
                   RpcClient client(io.get_executor(), RpcOptions{.tls = tls});
                   protocol::Command request;
                   request.code = 1000;
                   request.body = std::move(said);
                   try {
                     answer = (co_await client.call("127.0.0.1:" + std::to_string(port), request,
                                                    base::deadline_in(testing::kPatience)))
                                  .body;
                   } catch (const boost::system::system_error& error) {
                     answer =
                         error.code() == asio::error::connection_refused ? "refused" : error.code().message();
                   }
                   co_await client.stop();
                 }(context, port_, trust, body, got));
    return got;
  }

  testing::TestCertificate certificate_;
  const std::shared_ptr<const TlsTrust> anybody_ = std::make_shared<const TlsTrust>();
};

TEST_F(TlsTest, PermissiveServesBothOnOnePort) {
  start_with(TlsMode::permissive);
  EXPECT_EQ(call(anybody_, "sealed"), "sealed");
  EXPECT_EQ(call(nullptr, "plain"), "plain");
  EXPECT_EQ(stats().handshakes, 1U);
}

TEST_F(TlsTest, EnforcingClosesWhoSpeaksPlainly) {
  start_with(TlsMode::enforcing);
  EXPECT_EQ(call(anybody_, "sealed"), "sealed");
  BlockingClient plain(port_);
  plain.send(request_frame(1, "hello"));
  EXPECT_TRUE(plain.is_closed());
  EXPECT_EQ(stats().requests, 1U) << "the plain request was not even looked at";
}

TEST_F(TlsTest, DisabledClosesWhoBeginsAHandshake) {
  start();
  EXPECT_EQ(call(anybody_, "sealed"), "refused");
  EXPECT_EQ(call(nullptr, "plain"), "plain");
}

TEST_F(TlsTest, LargeFramesGoBothWays) {
  start_with(TlsMode::enforcing);
  std::string large(std::size_t{5} << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>('a' + i / 4096 % 26);
  EXPECT_EQ(call(anybody_, large), large);
  EXPECT_TRUE(eventually([this] { return server_->stats().buffered == 0; })) << "what was kept is given back";
}

TEST_F(TlsTest, ManyRequestsOfOneBurstAreAnsweredInOrder) {
  start_with(TlsMode::enforcing);
  asio::io_context io;
  asio::ssl::context ssl(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(io, ssl);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), port_});
  stream.handshake(asio::ssl::stream_base::client);
  std::string burst;
  for (int i = 0; i < 2000; ++i) burst += request_frame(i, "request " + std::to_string(i));
  asio::write(stream, asio::buffer(burst));
  base::Bytes received;
  std::int32_t next = 0;
  while (next < 2000) {
    std::array<char, 65536> part;
    const auto count = stream.read_some(asio::buffer(part));
    const auto bytes = base::bytes_of(std::string_view(part.data(), count));
    received.insert(received.end(), bytes.begin(), bytes.end());
    for (auto size = protocol::frame_size(received); size && *size && **size <= received.size();
         size = protocol::frame_size(received)) {
      const auto answer = protocol::decode(base::BytesView(received).first(**size));
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->opaque, next);
      EXPECT_EQ(answer->body, "request " + std::to_string(next));
      ++next;
      received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(**size));
    }
  }
}

TEST_F(TlsTest, GarbageBehindTheFirstByteEndsTheConnection) {
  start_with(TlsMode::permissive);
  BlockingClient client(port_);
  client.send(std::string("\x16garbage that is no hello at all, and long enough to be noticed as such", 70));
  while (client.receive_raw()) {
  }
  EXPECT_TRUE(eventually([this] { return server_->stats().connections == 0; }));
  EXPECT_EQ(stats().handshakes_failed, 1U);
  EXPECT_EQ(stats().requests, 0U);
}

TEST_F(TlsTest, AHandshakeThatDoesNotEndIsEnded) {
  start_with(TlsMode::permissive, {.handshake_max = std::chrono::seconds{1}});
  BlockingClient slow(port_);
  slow.send(std::string("\x16\x03\x01\x02", 4));  // the front of a ClientHello, and then nothing
  BlockingClient silent(port_);                   // may still become a plain client
  EXPECT_TRUE(slow.is_closed());
  EXPECT_EQ(stats().handshakes_failed, 1U);
  EXPECT_EQ(stats().connections, 1U);
}

TEST_F(TlsTest, EnforcingDoesNotWaitForThoseWhoSayNothing) {
  start_with(TlsMode::enforcing, {.handshake_max = std::chrono::seconds{1}});
  BlockingClient silent(port_);
  EXPECT_TRUE(silent.is_closed());
}

TEST_F(TlsTest, AClientBelievesOnlyItsAuthorities) {
  start_with(TlsMode::enforcing);
  EXPECT_EQ(call(std::make_shared<const TlsTrust>(certificate_.certificate()), "sealed"), "sealed");
  const testing::TestCertificate other;
  EXPECT_EQ(call(std::make_shared<const TlsTrust>(other.certificate()), "sealed"), "refused");
  EXPECT_EQ(stats().requests, 1U);
}

TEST_F(TlsTest, ANewCertificateIsShownToTheNextConnection) {
  start_with(TlsMode::enforcing);
  const testing::TestCertificate next;
  const auto believes_next = std::make_shared<const TlsTrust>(next.certificate());
  EXPECT_EQ(call(believes_next, "sealed"), "refused");
  secure(TlsMode::enforcing, next);
  EXPECT_EQ(call(believes_next, "sealed"), "sealed");
}

TEST_F(TlsTest, AnOpenConnectionGoesOnUnderItsOldCertificate) {
  start_with(TlsMode::permissive);
  BlockingClient plain(port_);
  plain.send(request_frame(1, "before"));
  ASSERT_TRUE(plain.receive());
  secure(TlsMode::enforcing, certificate_);
  plain.send(request_frame(2, "after"));
  const auto answer = plain.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "after");
}

TEST_F(TlsTest, TheServerSaysGoodbye) {
  start_with(TlsMode::enforcing);
  on_request = [this](const protocol::CommandView&, const Peer& peer, const Reply&) {
    server_->close(peer.connection);
  };
  asio::io_context io;
  asio::ssl::context ssl(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(io, ssl);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), port_});
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(request_frame(1, "bye")));
  std::array<char, 16> part;
  boost::system::error_code end;
  stream.read_some(asio::buffer(part), end);
  EXPECT_EQ(end, asio::error::eof) << end.message() << ": not a connection that was cut";
}

TEST(TlsContext, SaysWhatIsWrongWithItsFiles) {
  const testing::TestCertificate one;
  const testing::TestCertificate other;
  const auto problem = [](const std::filesystem::path& certificate, const std::filesystem::path& key) {
    try {
      const TlsContext context(certificate, key);
      return std::string();
    } catch (const TlsError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(problem(one.certificate(), one.key()), "");
  EXPECT_NE(problem("/no/such/cert.pem", one.key()).find("/no/such/cert.pem"), std::string::npos);
  EXPECT_NE(problem(one.certificate(), "/no/such/key.pem").find("/no/such/key.pem"), std::string::npos);
  EXPECT_NE(problem(one.certificate(), other.key()), "") << "the key of another certificate";
  EXPECT_THROW(TlsTrust("/no/such/authorities.pem"), TlsError);
}

}  // namespace
}  // namespace mq::net
