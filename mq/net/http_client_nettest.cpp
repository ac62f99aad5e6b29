#include <gmock/gmock.h>

#include "mq/net/http.hpp"
#include "mq/net/net_testing.hpp"

namespace mq::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::system_error;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Plays a server by hand: accepts, hears one request and says what the test wants.
class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest()
      : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}), client_(context_.get_executor()) {}

  std::string url(std::string_view target) const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + std::string(target);
  }
  awaitable<HttpResponse> get(std::string target) { return send("GET", std::move(target), ""); }
  awaitable<HttpResponse> send(std::string method, std::string target, std::string body) {
    return client_.send(std::move(method), url(target), {{"x-trace", "t1"}}, std::move(body),
                        base::deadline_in(20s));
  }

  awaitable<tcp::socket> accept() {
    ++accepted_;
    co_return co_await acceptor_.async_accept(asio::use_awaitable);
  }
  static awaitable<std::string> hear(tcp::socket& socket) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
      std::array<char, 4096> part;
      const auto count = co_await socket.async_read_some(asio::buffer(part), asio::use_awaitable);
      request.append(part.data(), count);
    }
    co_return request;
  }

  // Runs client and server side by side until both are done.
  void play(awaitable<void> server, awaitable<void> client) {
    auto both = [&]() -> awaitable<void> {
      base::TaskGroup tasks(context_.get_executor());
      tasks.spawn("server", std::move(server));
      std::exception_ptr failure;
      try {
        co_await std::move(client);
      } catch (...) {
        failure = std::current_exception();
      }
      co_await tasks.stop();
      if (failure) std::rethrow_exception(failure);
    };
    testing::run(context_, both());
  }

  static boost::system::error_code code_of(const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const system_error& e) {
      return e.code();
    }
    return {};
  }
  // What a request ends with.
  awaitable<boost::system::error_code> error_of(awaitable<HttpResponse> request) {
    try {
      co_await std::move(request);
    } catch (const system_error& e) {
      co_return e.code();
    }
    co_return boost::system::error_code{};
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  HttpClient client_;
  int accepted_ = 0;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok";

TEST_F(HttpClientTest, SendsARequestAndReadsTheAnswer) {
  std::string heard;
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    heard = co_await hear(socket);
    co_await testing::put(socket, kOk);
    co_await base::sleep_for(1h);
  };
  auto client = [&]() -> awaitable<void> {
    const auto answer = co_await send("POST", "/orders?x=1", "body");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "ok");
    EXPECT_EQ(answer.headers.find("x-a")->second, "b");
  };
  play(server(), client());
  EXPECT_THAT(heard, StartsWith("POST /orders?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(heard, HasSubstr("Host: 127.0.0.1:"));
  EXPECT_THAT(heard, HasSubstr("x-trace: t1\r\n"));
  EXPECT_THAT(heard, HasSubstr("Content-Length: 4\r\n"));
}

TEST_F(HttpClientTest, AKeptConnectionIsUsedAgain) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    for (int i = 0; i < 3; ++i) {
      co_await hear(socket);
      co_await testing::put(socket, kOk);
    }
    co_await base::sleep_for(1h);
  };
  auto client = [&]() -> awaitable<void> {
    for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await get("/")).body, "ok");
  };
  play(server(), client());
  EXPECT_EQ(accepted_, 1);
}

TEST_F(HttpClientTest, AConnectionTheServerClosedMeanwhileIsNotUsed) {
  auto server = [&]() -> awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto socket = co_await accept();
      co_await hear(socket);
      co_await testing::put(socket, kOk);
    }
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ((co_await send("POST", "/", "1")).body, "ok");
    co_await base::sleep_for(50ms);
    EXPECT_EQ((co_await send("POST", "/", "2")).body, "ok");
  };
  play(server(), client());
  EXPECT_EQ(accepted_, 2);
}

// The server answers once, hears the second request and closes without a word.
TEST_F(HttpClientTest, AGetOnABrokenKeptConnectionIsAskedAgainOnceAPostNever) {
  int heard = 0;
  auto server = [&]() -> awaitable<void> {
    for (;;) {
      auto socket = co_await accept();
      co_await hear(socket);
      ++heard;
      co_await testing::put(socket, kOk);
      co_await hear(socket);
      ++heard;
    }
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ((co_await get("/")).body, "ok");
    EXPECT_EQ((co_await get("/")).body, "ok");
    EXPECT_EQ(heard, 3);
    EXPECT_EQ(co_await error_of(send("POST", "/", "x")), asio::error::connection_reset);
    EXPECT_EQ(heard, 4);
  };
  play(server(), client());
}

TEST_F(HttpClientTest, AGetThatBreaksOnAFreshConnectionIsNotAskedAgain) {
  int heard = 0;
  auto server = [&]() -> awaitable<void> {
    for (;;) {
      auto socket = co_await accept();
      co_await hear(socket);
      ++heard;
    }
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await error_of(get("/")), asio::error::connection_reset);
  };
  play(server(), client());
  EXPECT_EQ(heard, 1);
}

TEST_F(HttpClientTest, ATornAnswerIsAReset) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await hear(socket);
    co_await testing::put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  };
  auto client = [&]() -> awaitable<void> {
    EXPECT_EQ(co_await error_of(get("/")), asio::error::connection_reset);
  };
  play(server(), client());
}

TEST_F(HttpClientTest, TheDeadlineCoversTheWholeExchange) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await hear(socket);
    co_await testing::put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (;;) {
      co_await testing::put(socket, "x");
      co_await base::sleep_for(20ms);
    }
  };
  auto client = [&]() -> awaitable<void> {
    auto request = client_.send("GET", url("/"), {}, "", base::deadline_in(200ms));
    EXPECT_EQ(co_await error_of(std::move(request)), asio::error::timed_out);
  };
  play(server(), client());
}

TEST_F(HttpClientTest, ARefusedConnectionSaysSo) {
  acceptor_.close();
  auto server = []() -> awaitable<void> { co_return; };
  auto client = [&]() -> awaitable<void> {
    auto request = client_.send("GET", "http://127.0.0.1:1/", {}, "", base::deadline_in(5s));
    EXPECT_EQ(co_await error_of(std::move(request)), asio::error::connection_refused);
  };
  play(server(), client());
}

TEST_F(HttpClientTest, BrokenUrlsAndHeadersAreNotSent) {
  auto server = []() -> awaitable<void> { co_return; };
  auto client = [&]() -> awaitable<void> {
    const auto invalid = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    for (const std::string bad : {"", "127.0.0.1:80/", "https://x/", "http://", "http://:80/", "http://x:y/",
                                  "http://x/ y", "http://x/\r\nHost: z"}) {
      auto request = client_.send("GET", bad, {}, "", base::deadline_in(5s));
      EXPECT_EQ(co_await error_of(std::move(request)), invalid) << bad;
    }
    HttpHeaders split{{"x", "a\r\nb: c"}};
    auto request = client_.send("GET", url("/"), split, "", base::deadline_in(5s));
    EXPECT_EQ(co_await error_of(std::move(request)), invalid);
  };
  play(server(), client());
}

TEST_F(HttpClientTest, InterimAnswersAndBodiesUntilCloseAreUnderstood) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await hear(socket);
    co_await testing::put(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nuntil the end");
  };
  auto client = [&]() -> awaitable<void> {
    const auto answer = co_await send("POST", "/", "x");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "until the end");
  };
  play(server(), client());
}

TEST_F(HttpClientTest, HeadHasNoBodyToWaitFor) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await hear(socket);
    co_await testing::put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    co_await base::sleep_for(1h);
  };
  auto client = [&]() -> awaitable<void> { EXPECT_EQ((co_await send("HEAD", "/", "")).status, 200); };
  play(server(), client());
}

TEST_F(HttpClientTest, AnAnswerAboveTheLimitFails) {
  auto server = [&]() -> awaitable<void> {
    auto socket = co_await accept();
    co_await hear(socket);
    co_await testing::put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n");
    co_await base::sleep_for(1h);
  };
  auto client = [&]() -> awaitable<void> { EXPECT_TRUE(co_await error_of(get("/"))); };
  play(server(), client());
}

// Against the real server: two parties, one process, a hundred requests at once.
TEST_F(HttpClientTest, ConcurrentRequestsToOurServer) {
  HttpServer server(context_.get_executor(), {});
  server.route("POST", "/echo/{n}", [](HttpRequest request) -> awaitable<HttpResponse> {
    co_await base::sleep_for(1ms);
    co_return text_response(200, request.params.at("n") + request.body);
  });
  const auto port = server.listen();
  int answered = 0;
  auto ask = [&](int n) -> awaitable<void> {
    const auto number = std::to_string(n);
    const auto answer =
        co_await client_.send("POST", "http://127.0.0.1:" + std::to_string(port) + "/echo/" + number, {}, "!",
                              base::deadline_in(20s));
    EXPECT_EQ(answer.body, number + "!");
    ++answered;
  };
  auto client = [&]() -> awaitable<void> {
    base::TaskGroup tasks(context_.get_executor());
    for (int n = 0; n < 100; ++n) tasks.spawn("ask", ask(n));
    while (answered < 100) co_await base::sleep_for(1ms);
    co_await tasks.stop();
    co_await server.stop(base::deadline_in(10s));
  };
  play(server.run(), client());
}

}  // namespace
}  // namespace mq::net
