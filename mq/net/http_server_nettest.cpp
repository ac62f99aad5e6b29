#include <gmock/gmock.h>

#include "mq/net/http.hpp"
#include "mq/net/net_testing.hpp"

namespace mq::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using namespace std::chrono_literals;
using testing::dial;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::put;
using testing::read_all;
using ::testing::StartsWith;

struct Seen {
  std::string route;
  int status = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

awaitable<HttpResponse> hello(HttpRequest) { co_return text_response(200, "hello"); }
awaitable<HttpResponse> echo(HttpRequest request) { co_return text_response(200, request.body); }

class HttpServerTest : public ::testing::Test {
 protected:
  void build(HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(context_.get_executor(), options);
    server_->route("GET", "/hello", hello);
    server_->route("POST", "/echo", echo);
    server_->observe([this](const HttpRequest&, std::string_view route, int status,
                            std::chrono::nanoseconds) { seen_.push_back({std::string(route), status}); });
    port_ = server_->listen();
  }

  // Runs the test's body against the serving server, then stops it.
  void serve(awaitable<void> body) {
    testing::run(context_, with_server(std::move(body)));
    server_.reset();
  }

  // Sends bytes on a connection of their own and returns all that came back.
  awaitable<std::string> exchange(std::string bytes) {
    auto socket = co_await dial(port_);
    co_await put(socket, std::move(bytes));
    co_return co_await read_all(socket);
  }

  std::string answer_to(std::string bytes) {
    std::string answer;
    auto body = [&]() -> awaitable<void> { answer = co_await exchange(std::move(bytes)); };
    serve(body());
    return answer;
  }

  awaitable<void> with_server(awaitable<void> body) {
    base::TaskGroup tasks(context_.get_executor());
    tasks.spawn("http", server_->run());
    std::exception_ptr failure;
    try {
      co_await std::move(body);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await server_->stop(base::deadline_in(10s));
    co_await tasks.stop();
    if (failure) std::rethrow_exception(failure);
  }

  asio::io_context context_{1};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::vector<Seen> seen_;
};

const std::string kClose = "host: x\r\nconnection: close\r\n\r\n";

TEST_F(HttpServerTest, AnswersARequestAndClosesWhenAsked) {
  build();
  const auto answer = answer_to("GET /hello HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("content-type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(seen_, ElementsAre(Seen{"/hello", 200}));
}

TEST_F(HttpServerTest, TheHandlerSeesTheWholeRequest) {
  build();
  server_->route("PUT", "/orders/{order_no}", [](HttpRequest r) -> awaitable<HttpResponse> {
    std::string text = r.method + " " + r.path + " " + r.params.at("order_no") + " " + r.query.at("q") + " ";
    text += std::string(r.header("x-trace")) + " " + r.body + " " + r.remote.substr(0, 10);
    co_return text_response(200, text);
  });
  EXPECT_THAT(
      answer_to("PUT /orders/a%20b?q=%2B HTTP/1.1\r\nX-Trace: t1\r\ncontent-length: 3\r\n" + kClose + "abc"),
      EndsWith("PUT /orders/a b a b + t1 abc 127.0.0.1:"));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  build();
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n<" + std::to_string(10 + i) + ">";
  }
  const auto answer = answer_to(requests + "GET /hello HTTP/1.1\r\n" + kClose);
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answer.find("<" + std::to_string(10 + i) + ">", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(answer, EndsWith("hello"));
}

TEST_F(HttpServerTest, ARequestMayArriveByteByByte) {
  build();
  const std::string request = "POST /echo HTTP/1.1\r\ncontent-length: 4\r\n" + kClose + "body";
  auto body = [&]() -> awaitable<void> {
    auto socket = co_await dial(port_);
    for (const char c : request) {
      co_await put(socket, std::string(1, c));
      co_await asio::post(asio::use_awaitable);
    }
    EXPECT_THAT(co_await read_all(socket), EndsWith("body"));
  };
  serve(body());
}

TEST_F(HttpServerTest, ChunkedBodiesAreTaken) {
  build();
  EXPECT_THAT(answer_to("POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + kClose +
                        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"),
              EndsWith("\r\n\r\nabcdefg"));
}

TEST_F(HttpServerTest, Http10IsAnsweredAndClosed) {
  build();
  const auto answer = answer_to("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("hello"));
}

TEST_F(HttpServerTest, HeadAnnouncesTheBodyWithoutSendingIt) {
  build();
  const auto answer = answer_to("HEAD /hello HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, UnknownPathsAndMethodsAreProblems) {
  build();
  const auto unknown = answer_to("GET /nowhere HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(unknown, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(unknown, HasSubstr("application/problem+json"));
  build();
  const auto method = answer_to("DELETE /hello HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(method, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(method, HasSubstr("allow: GET, HEAD\r\n"));
  EXPECT_THAT(seen_, ElementsAre(Seen{"", 404}, Seen{"", 405}));
}

TEST_F(HttpServerTest, MalformedRequestsGet400) {
  for (const std::string& bad : std::vector<std::string>{
           "GARBAGE\r\n\r\n", "GET /%00 HTTP/1.1\r\n" + kClose, "GET /%ff HTTP/1.1\r\n" + kClose,
           "GET /hello?x=%ff HTTP/1.1\r\n" + kClose, "GET /hello HTTP/3.7\r\n" + kClose,
           "GET /hello HTTP/1.1\r\n\r\n", "GET /hello HTTP/1.1\r\nbroken\r\n" + kClose,
           "POST /echo HTTP/1.1\r\ncontent-length: -1\r\n" + kClose,
           "POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n" + kClose,
           "POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + kClose + "zz\r\n"}) {
    build();
    EXPECT_THAT(answer_to(bad), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bad;
  }
}

TEST_F(HttpServerTest, LimitsOfSizeAreAnsweredEachWithItsStatus) {
  const HttpServerOptions small{.body_max = 100, .header_max = 1000};
  build(small);
  EXPECT_THAT(answer_to("GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n" + kClose),
              StartsWith("HTTP/1.1 414 "));
  build(small);
  EXPECT_THAT(answer_to("GET /hello HTTP/1.1\r\nx: " + std::string(2000, 'a') + "\r\n" + kClose),
              StartsWith("HTTP/1.1 431 "));
  build(small);
  EXPECT_THAT(answer_to("POST /echo HTTP/1.1\r\ncontent-length: 101\r\n" + kClose + std::string(101, 'a')),
              StartsWith("HTTP/1.1 413 "));
  build(small);
  EXPECT_THAT(answer_to("POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n" + kClose + "65\r\n" +
                        std::string(101, 'a') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  build(small);
  EXPECT_THAT(answer_to("POST /echo HTTP/1.1\r\ncontent-length: 100\r\n" + kClose + std::string(100, 'a')),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ARefusalReachesAClientThatIsStillSending) {
  build({.body_max = 100});
  const std::string big(4 << 20, 'a');
  EXPECT_THAT(answer_to("POST /echo HTTP/1.1\r\ncontent-length: 4194304\r\n" + kClose + big),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, TheBodyIsAskedForOnlyWhenItWillBeRead) {
  build({.body_max = 100});
  auto body = [&]() -> awaitable<void> {
    auto socket = co_await dial(port_);
    co_await put(socket, "POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n" + kClose);
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_EQ(co_await testing::read_exactly(socket, go_on.size()), go_on);
    co_await put(socket, "ok");
    EXPECT_THAT(co_await read_all(socket), EndsWith("ok"));
    const auto refused =
        co_await exchange("POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 101\r\n" + kClose);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 "));
  };
  serve(body());
}

TEST_F(HttpServerTest, SlowHeadersAndBodiesGet408) {
  for (const std::string& start :
       std::vector<std::string>{"GET /hel", "GET /hello HTTP/1.1\r\nhost: x\r\n",
                                "POST /echo HTTP/1.1\r\ncontent-length: 10\r\n" + kClose + "abc"}) {
    build({.read_max = 1s});
    EXPECT_THAT(answer_to(start), StartsWith("HTTP/1.1 408 ")) << start;
  }
}

TEST_F(HttpServerTest, ATrickleOfBytesBuysNoTime) {
  build({.read_max = 1s});
  auto body = [&]() -> awaitable<void> {
    auto socket = co_await dial(port_);
    co_await put(socket, "GET /hello HTTP/1.1\r\n");
    boost::system::error_code error;
    for (int i = 0; i < 100 && !error && socket.available() == 0; ++i) {
      co_await asio::async_write(socket, asio::buffer("x: y\r\n", 6),
                                 asio::redirect_error(asio::use_awaitable, error));
      co_await base::sleep_for(100ms);
    }
    EXPECT_THAT(co_await read_all(socket), StartsWith("HTTP/1.1 408 "));
  };
  serve(body());
}

TEST_F(HttpServerTest, SilentConnectionsAreClosedWithoutAWord) {
  build({.read_max = 1s, .idle_max = 1s});
  EXPECT_EQ(answer_to(""), "");
  build({.read_max = 1s, .idle_max = 1s});
  EXPECT_THAT(answer_to("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n"), EndsWith("hello"));
}

TEST_F(HttpServerTest, AConnectionBeyondTheLimitIsClosed) {
  build({.connections_max = 1});
  auto body = [&]() -> awaitable<void> {
    auto first = co_await dial(port_);
    co_await put(first, "GET /hello HTTP/1.1\r\nhost: x\r\n\r\n");
    co_await testing::read_exactly(first, 10);
    auto second = co_await dial(port_);
    EXPECT_EQ(co_await read_all(second), "");
    first.close();
    co_await base::sleep_for(100ms);
    EXPECT_THAT(co_await exchange("GET /hello HTTP/1.1\r\n" + kClose), EndsWith("hello"));
  };
  serve(body());
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsAProblemWithoutDetails) {
  build();
  server_->route("GET", "/boom", [](HttpRequest) -> awaitable<HttpResponse> {
    throw std::runtime_error("secret");
    co_return HttpResponse{};
  });
  const auto answer = answer_to("GET /boom HTTP/1.1\r\nhost: x\r\n\r\nGET /hello HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
  EXPECT_THAT(answer, EndsWith("hello")) << "the connection goes on";
}

TEST_F(HttpServerTest, AHandlerMayNotEndTheConnectionByAnAbortOfItsOwn) {
  build();
  server_->route("GET", "/aborted", [](HttpRequest) -> awaitable<HttpResponse> {
    throw boost::system::system_error(asio::error::operation_aborted);
    co_return HttpResponse{};
  });
  EXPECT_THAT(answer_to("GET /aborted HTTP/1.1\r\n" + kClose), StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, AHandlerThatTakesTooLongGets503) {
  build({.handler_max = 1s});
  server_->route("GET", "/slow", [](HttpRequest) -> awaitable<HttpResponse> {
    co_await base::sleep_for(1h);
    co_return text_response(200, "never");
  });
  EXPECT_THAT(answer_to("GET /slow HTTP/1.1\r\n" + kClose),
              StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST_F(HttpServerTest, AHeaderWithALineBreakIsNotSent) {
  build();
  server_->route("GET", "/split", [](HttpRequest) -> awaitable<HttpResponse> {
    auto response = text_response(200, "x");
    response.headers.emplace("location", "/a\r\nset-cookie: stolen");
    co_return response;
  });
  const auto answer = answer_to("GET /split HTTP/1.1\r\n" + kClose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("stolen")));
}

TEST_F(HttpServerTest, AFilterMayAnswerInTheHandlersPlace) {
  build();
  server_->filter([](HttpRequest& request, std::string_view route) -> std::optional<HttpResponse> {
    EXPECT_EQ(route, "/hello");
    if (request.header("authorization").empty()) return problem(401, "Unauthorized");
    return std::nullopt;
  });
  EXPECT_THAT(answer_to("GET /hello HTTP/1.1\r\n" + kClose), StartsWith("HTTP/1.1 401 "));
}

TEST_F(HttpServerTest, StopLetsARunningRequestFinishAndClosesIdleConnections) {
  build();
  asio::steady_timer gate(context_, asio::steady_timer::time_point::max());
  bool entered = false;
  server_->route("GET", "/gated", [&](HttpRequest) -> awaitable<HttpResponse> {
    entered = true;
    boost::system::error_code opened;
    co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, opened));
    co_return text_response(200, "done");
  });
  auto body = [&]() -> awaitable<void> {
    auto idle = co_await dial(port_);
    auto busy = co_await dial(port_);
    co_await put(busy, "GET /gated HTTP/1.1\r\nhost: x\r\n\r\n");
    while (!entered) co_await base::sleep_for(1ms);
    base::TaskGroup stopping(context_.get_executor());
    stopping.spawn("stop", server_->stop(base::deadline_in(20s)));
    EXPECT_EQ(co_await read_all(idle), "");
    gate.cancel();
    const auto answer = co_await read_all(busy);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("done"));
    busy.close();
    for (bool closed = false; !closed;) {
      boost::system::error_code refused;
      tcp::socket late(context_);
      co_await late.async_connect({asio::ip::address_v4::loopback(), port_},
                                  asio::redirect_error(asio::use_awaitable, refused));
      closed = static_cast<bool>(refused);
    }
    co_await server_->stop(base::deadline_in(10s));
    co_await stopping.stop();
  };
  serve(body());
}

TEST_F(HttpServerTest, StopCancelsWhatIsNotDoneByTheDeadline) {
  build();
  bool entered = false;
  server_->route("GET", "/stuck", [&](HttpRequest) -> awaitable<HttpResponse> {
    entered = true;
    co_await base::sleep_for(1h);
    co_return text_response(200, "never");
  });
  auto body = [&]() -> awaitable<void> {
    auto socket = co_await dial(port_);
    co_await put(socket, "GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n");
    while (!entered) co_await base::sleep_for(1ms);
    co_await server_->stop(base::deadline_in(50ms));
    EXPECT_EQ(co_await read_all(socket), "");
  };
  serve(body());
}

}  // namespace
}  // namespace mq::net
