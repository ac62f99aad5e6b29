#include "chassis/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "chassis/trace.hpp"

namespace chassis {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;
using Body = std::function<asio::awaitable<void>(Service&)>;

// A service in a process of its own, as every service is: its ready line comes through a pipe, its end
// is an exit code.
class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "service-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    if (child_ > 0) ::kill(child_, SIGKILL);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    if (out_ >= 0) ::close(out_);
    std::filesystem::remove_all(folder_);
  }

  void start(const Body& body, ServiceConfig config = {}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      if (std::freopen((folder_ / "stderr").c_str(), "w", stderr) == nullptr) ::_exit(99);
      std::setvbuf(stderr, nullptr, _IONBF, 0);  // in order with the log, which writes past stdio
      int code = 98;
      {
        Service service("demo", config);
        code = run(service, body);
      }
      std::fflush(nullptr);
      ::_exit(code);
    }
    ::close(ends[1]);
    out_ = ends[0];
  }
  // The first line on standard output; "" when the process ended without one.
  std::string line() const {
    std::string text;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  // Waits for the ready line and takes the admin address out of it.
  boost::json::object ready() {
    const auto object = boost::json::parse(line()).as_object();
    admin_ = object.at("admin").as_string().c_str();
    return object;
  }
  void signal(int number) const { ::kill(child_, number); }
  int exit_code() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string errors() const {
    std::ifstream in(folder_ / "stderr");
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  static mq::net::HttpResponse get(const std::string& url, const mq::net::HttpHeaders& headers = {}) {
    asio::io_context io(1);
    mq::net::HttpClient client(io.get_executor());
    mq::net::HttpResponse response;
    std::string failure;
    auto call = [&]() -> asio::awaitable<void> {
      try {
        response = co_await client.send("GET", url, headers, "", base::deadline_in(20s));
      } catch (const std::exception& e) {
        failure = e.what();
      }
    };
    asio::co_spawn(io, call(), [](std::exception_ptr) {});
    io.run();
    EXPECT_EQ(failure, "") << url;
    return response;
  }

  std::filesystem::path folder_;
  pid_t child_ = -1;
  int out_ = -1;
  std::string admin_;
};

asio::awaitable<void> just_wait(Service& service) {
  co_await service.run_until_signalled({{"api", "http://x"}});
}

TEST_F(ServiceTest, SaysItIsReadyInOneLineOfJson) {
  start(just_wait);
  const auto object = ready();
  EXPECT_EQ(object.at("ready").as_string(), "demo");
  EXPECT_EQ(object.at("pid").as_int64(), child_);
  EXPECT_EQ(object.at("api").as_string(), "http://x");
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(ServiceTest, TheAdminListenerAnswers) {
  start([](Service& service) -> asio::awaitable<void> {
    service.metrics().count("demo_total", "Demo", {});
    service.next_due([] { return std::optional(base::from_millis(42)); });
    service.idle_when({"work", [] { return std::string("1 to do"); }});
    co_await service.run_until_signalled({});
  });
  ready();
  EXPECT_EQ(get(admin_ + "/livez").status, 200);
  EXPECT_EQ(get(admin_ + "/readyz").body, R"({"ready":true,"problems":[]})");
  EXPECT_THAT(get(admin_ + "/metrics").body, HasSubstr("demo_total 1\n"));
  EXPECT_THAT(get(admin_ + "/due").body,
              HasSubstr(R"({"idle":false,"busy":["work: 1 to do"],"next_due_ms":42)"));
  EXPECT_EQ(get(admin_ + "/nothing").status, 404);
  signal(SIGINT);
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(ServiceTest, IsNotReadyWhileACheckHasAProblem) {
  start([](Service& service) -> asio::awaitable<void> {
    auto polls = std::make_shared<int>(0);
    service.ready_when(
        {"database", [polls] { return ++*polls < 5 ? std::string("not yet") : std::string(); }});
    co_await service.run_until_signalled({});
  });
  ready();
  EXPECT_THAT(errors(), HasSubstr("not ready yet problem=\"database: not yet\""));
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
}

// The body's objects are destroyed after everything that could look at them has ended.
TEST_F(ServiceTest, StopsStepsNewestFirstThenTasksThenTheBodyEnds) {
  start([](Service& service) -> asio::awaitable<void> {
    auto note = [](const char* what) { std::fprintf(stderr, "[%s]", what); };
    auto task = [note]() -> asio::awaitable<void> {
      try {
        co_await base::sleep_for(1h);
      } catch (const boost::system::system_error&) {
        note("task cancelled");
        throw;
      }
    };
    service.on_stop("first", [note](base::Deadline) -> asio::awaitable<void> {
      note("first");
      co_return;
    });
    service.on_stop("second", [note](base::Deadline) -> asio::awaitable<void> {
      note("second");
      throw std::runtime_error("a step may fail");
      co_return;
    });
    service.tasks().spawn("sleeper", task());
    co_await service.run_until_signalled({});
    note("body ends");
  });
  ready();
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  const auto text = errors();
  const auto at = [&](const char* what) { return text.find(what); };
  EXPECT_LT(at("[second]"), at("step=second error=\"a step may fail\"")) << text;
  EXPECT_LT(at("[second]"), at("[first]"));
  EXPECT_LT(at("[first]"), at("[task cancelled]"));
  EXPECT_LT(at("[task cancelled]"), at("[body ends]"));
}

TEST_F(ServiceTest, IsNotReadyWhileItDrains) {
  start([](Service& service) -> asio::awaitable<void> {
    service.on_stop("slow", [](base::Deadline) { return base::sleep_for(1s); });
    co_await service.run_until_signalled({});
  });
  ready();
  signal(SIGTERM);
  mq::net::HttpResponse answer;
  do answer = get(admin_ + "/readyz");
  while (answer.status == 200);
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("stopping"));
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(ServiceTest, AStopThatHangsEndsWithItsGraceAndSaysWhatHung) {
  ServiceConfig config;
  config.stop_grace = 50ms;
  start(
      [](Service& service) -> asio::awaitable<void> {
        service.on_stop("hangs", [](base::Deadline) { return base::sleep_for(1h); });
        co_await service.run_until_signalled({});
      },
      config);
  ready();
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(errors(), HasSubstr("left=\"hangs\""));
}

TEST_F(ServiceTest, TheSameSignalAgainEndsAtOnceAnotherOneDoesNot) {
  start([](Service& service) -> asio::awaitable<void> {
    service.on_stop("slow", [](base::Deadline) { return base::sleep_for(300ms); });
    co_await service.run_until_signalled({});
  });
  ready();
  signal(SIGINT);
  while (errors().find("stopping") == std::string::npos) ::usleep(1000);
  signal(SIGTERM);  // as a supervisor does after a Ctrl-C that reached the whole terminal
  EXPECT_EQ(exit_code(), 0);

  start([](Service& service) -> asio::awaitable<void> {
    service.on_stop("hangs", [](base::Deadline) { return base::sleep_for(1h); });
    co_await service.run_until_signalled({});
  });
  ready();
  signal(SIGTERM);
  while (errors().find("stopping") == std::string::npos) ::usleep(1000);
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 1);
}

TEST_F(ServiceTest, AFailedStartIsOneSentence) {
  start([](Service&) -> asio::awaitable<void> {
    throw DatabaseDown("could not connect to server:\n\tno route\n");
    co_return;
  });
  EXPECT_EQ(line(), "");
  EXPECT_EQ(exit_code(), 1);
  EXPECT_EQ(errors(),
            "demo: the database cannot be reached: could not connect to server:; \tno route "
            "(is PostgreSQL running, and is database.dsn right?)\n");
}

TEST_F(ServiceTest, AStartThatFailsBesideRunningTasksEndsAtOnce) {
  start([](Service& service) -> asio::awaitable<void> {
    service.tasks().spawn("sleeper", base::sleep_for(1h));
    throw std::runtime_error("no such schema");
    co_return;
  });
  EXPECT_EQ(exit_code(), 1);
  EXPECT_EQ(errors(), "demo: no such schema\n");
}

TEST_F(ServiceTest, APortInUseIsNamedWithWhatToDo) {
  start(just_wait);
  ready();
  const auto holder = child_;
  ServiceConfig config;
  config.admin_port = static_cast<std::uint16_t>(std::stoi(admin_.substr(admin_.rfind(':') + 1)));
  ::close(out_);
  start(just_wait, config);
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(errors(), HasSubstr("the admin listener cannot take 127.0.0.1:" +
                                  std::to_string(config.admin_port) + ": the port is in use"));
  child_ = holder;
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
}

// Tasks run already, and look at objects that unwinding would destroy.
TEST_F(ServiceTest, APortInUseIsNamedBesideRunningTasksToo) {
  start([](Service& service) -> asio::awaitable<void> {
    mq::net::HttpServerOptions options;
    mq::net::HttpServer first(service.executor(), options);
    base::TaskGroup own(service.executor());
    own.spawn("work of a component", base::sleep_for(1h));
    const auto url = service.serve("first", first, options);
    options.port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    mq::net::HttpServer second(service.executor(), options);
    service.serve("second", second, options);
    co_await service.run_until_signalled({});
  });
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(errors(), HasSubstr("demo: the second listener cannot take 127.0.0.1:"));
}

TEST_F(ServiceTest, ATaskThatFailsStopsTheServiceInGoodOrder) {
  start([](Service& service) -> asio::awaitable<void> {
    auto fail = []() -> asio::awaitable<void> {
      co_await base::sleep_for(50ms);
      throw std::runtime_error("the relay lost its mind");
    };
    service.on_stop("step", [](base::Deadline) -> asio::awaitable<void> {
      std::fputs("[step]", stderr);
      co_return;
    });
    service.tasks().spawn("relay", fail());
    co_await service.run_until_signalled({});
  });
  EXPECT_EQ(exit_code(), 1);
  EXPECT_THAT(errors(), HasSubstr("[step]"));
  EXPECT_THAT(errors(), HasSubstr("demo: the task 'relay' failed: the relay lost its mind\n"));
}

TEST_F(ServiceTest, ASignalBeforeItWasReadyEndsAtOnce) {
  start([](Service& service) -> asio::awaitable<void> {
    service.tasks().spawn("sleeper", base::sleep_for(1h));
    std::puts("starting");
    std::fflush(stdout);
    co_await base::sleep_for(1h);
  });
  EXPECT_EQ(line(), "starting");
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
}

TEST_F(ServiceTest, ASignalWhileItWaitsToBeReadyStopsInGoodOrder) {
  start([](Service& service) -> asio::awaitable<void> {
    service.ready_when({"never", [] { return std::string("never"); }});
    service.on_stop("step", [](base::Deadline) -> asio::awaitable<void> {
      std::fputs("[step]", stderr);
      co_return;
    });
    co_await service.run_until_signalled({});
  });
  while (errors().find("not ready yet") == std::string::npos) ::usleep(1000);
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_EQ(line(), "") << "it never was ready";
  EXPECT_THAT(errors(), HasSubstr("[step]"));
}

// A listener of the service: traced, logged, counted, and drained when it stops.
TEST_F(ServiceTest, ServedRequestsAreTracedLoggedAndCounted) {
  start([](Service& service) -> asio::awaitable<void> {
    const mq::net::HttpServerOptions options;
    mq::net::HttpServer api(service.executor(), options);
    api.route("GET", "/orders/{order_no}",
              [](mq::net::HttpRequest request) -> asio::awaitable<mq::net::HttpResponse> {
                co_return mq::net::text_response(200, std::string(request.header("traceparent")));
              });
    const auto url = service.serve("api", api, options);
    co_await service.run_until_signalled({{"api", url}});
  });
  const std::string api = ready().at("api").as_string().c_str();
  const std::string sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto traced = get(api + "/orders/8261", {{"traceparent", sent}}).body;
  EXPECT_EQ(trace_id_of(traced), trace_id_of(sent));
  EXPECT_NE(traced, sent);
  EXPECT_TRUE(parse_traceparent(get(api + "/orders/8262").body));
  get(api + "/nothing");
  const auto metrics = get(admin_ + "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("http_request_seconds_count{listener=\"api\",method=\"GET\","
                                 "route=\"/orders/{order_no}\",status=\"200\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("route=\"none\",status=\"404\"} 1\n"));
  signal(SIGTERM);
  EXPECT_EQ(exit_code(), 0);
  EXPECT_THAT(errors(), HasSubstr("path=\"/orders/8261\" status=200"));
  EXPECT_THAT(errors(), HasSubstr("trace_id=4bf92f3577b34da6a3ce929d0e0e4736"));
}

TEST_F(ServiceTest, ARequestInFlightIsAnsweredDuringTheStop) {
  start([](Service& service) -> asio::awaitable<void> {
    const mq::net::HttpServerOptions options;
    mq::net::HttpServer api(service.executor(), options);
    api.route("GET", "/slow", [&service](mq::net::HttpRequest) -> asio::awaitable<mq::net::HttpResponse> {
      service.request_stop();
      co_await base::sleep_for(100ms);
      co_return mq::net::text_response(200, "finished");
    });
    const auto url = service.serve("api", api, options);
    co_await service.run_until_signalled({{"api", url}});
  });
  const std::string api = ready().at("api").as_string().c_str();
  EXPECT_EQ(get(api + "/slow").body, "finished");
  EXPECT_EQ(exit_code(), 0);
}

}  // namespace
}  // namespace chassis
