#include <gtest/gtest.h>

#include "chassis/testing_service.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// The grace ends for everybody at the same moment: a listener that used all of it left none for the rest,
// and the process was killed by its own watchdog.
TEST(ServiceStopTest, ARequestThatDoesNotEndIsCutOffAndTheStopIsClean) {
  testing::TestService host({.stop_grace = 4s});
  mq::net::HttpServer api(host.service().executor(), {});
  mq::net::HttpClient client(host.service().executor());
  bool is_heard = false;
  api.route("GET", "/endless", [&](mq::net::HttpRequest) -> asio::awaitable<mq::net::HttpResponse> {
    is_heard = true;
    co_await base::sleep_for(1h);
    co_return mq::net::text_response(200, "never");
  });
  const auto url = host.service().serve("api", api, {});
  host.start();
  auto answer = host.begin([&]() -> asio::awaitable<mq::net::HttpResponse> {
    co_return co_await client.send("GET", url + "/endless", {}, "", base::deadline_in(20s));
  });
  EXPECT_TRUE(
      host.eventually([&] { return host.call([&]() -> asio::awaitable<bool> { co_return is_heard; }); }));
  EXPECT_NO_THROW(host.stop());
  EXPECT_THROW(answer.get(), boost::system::system_error);
}

}  // namespace
}  // namespace chassis
