#include "chassis/due_work.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "chassis/testing_service.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// One row whose table is read as slowly as the test wants. Only on the service's thread.
struct OneRow final : DueWork {
  std::optional<base::Time> at;  // nothing: finished
  int runs = 0, looks = 0;
  bool is_read_slowly = false;  // an answer that left the table before the job ended
  bool may_end = true;

  asio::awaitable<std::vector<Job>> due(base::Time now, std::size_t) override {
    ++looks;
    std::vector<Job> jobs;
    if (at && *at <= now) jobs.push_back({"row", [this] { return work(); }});
    while (is_read_slowly && runs > 0 && at) {
      may_end = true;
      co_await base::sleep_for(1ms);
    }
    co_return jobs;
  }
  asio::awaitable<std::optional<base::Time>> next_due() override { co_return at; }

  asio::awaitable<void> work() {
    ++runs;
    while (!may_end) co_await base::sleep_for(1ms);
    at.reset();
  }
};

class DueLoopTest : public ::testing::Test {
 protected:
  static std::uint16_t free_port() {
    asio::io_context io;
    return mq::net::HttpServer(io.get_executor(), {}).listen();
  }

  void begin() {
    host_.start();
    on_thread([this] { host_.service().tasks().spawn("loop", loop_.run()); });
  }
  void TearDown() override { host_.stop(); }

  void on_thread(std::function<void()> act) {
    host_.call([&]() -> asio::awaitable<void> {
      act();
      co_return;
    });
  }
  int read(const int& number) {
    int copy = 0;
    on_thread([&] { copy = number; });
    return copy;
  }
  boost::json::object due() {
    const auto page = host_.call([this]() -> asio::awaitable<mq::net::HttpResponse> {
      co_return co_await http_.send("GET", "http://127.0.0.1:" + std::to_string(port_) + "/due", {}, "",
                                    base::deadline_in(10s));
    });
    return boost::json::parse(page.body).as_object();
  }

  std::uint16_t port_ = free_port();
  testing::TestService host_{{.admin_port = port_}};
  mq::net::HttpClient http_{host_.service().executor()};
  OneRow row_;
  DueLoop loop_{host_.service(), "work", row_};
};

TEST_F(DueLoopTest, ARowThatIsDueIsWorkedOffOnce) {
  row_.at = host_.now();
  begin();
  EXPECT_TRUE(host_.eventually([&] { return read(row_.runs) == 1; }));
  EXPECT_TRUE(host_.eventually([&] { return due().at("idle").as_bool(); }));
  EXPECT_EQ(due().at("next_due_ms"), nullptr);
}

// Whoever moves the clock asks between the row's commit and the next look at the table.
TEST_F(DueLoopTest, AnExpectedRowIsKnownBeforeTheTableIsRead) {
  begin();
  EXPECT_TRUE(host_.eventually([&] { return due().at("idle").as_bool(); }));
  const auto at = host_.now() + 1h;
  on_thread([&] {
    row_.at = at;
    loop_.expect(at);
  });
  EXPECT_EQ(due().at("next_due_ms"), base::to_millis(at));
  host_.advance(1h);
  EXPECT_TRUE(host_.eventually([&] { return read(row_.runs) == 1; }));
}

// The table was read, the job changed its row, and only then the answer came: what it says is old.
TEST_F(DueLoopTest, AJobThatEndsWhileTheTableIsReadIsNotRunAgain) {
  row_.at = host_.now();
  row_.is_read_slowly = true;
  row_.may_end = false;
  begin();
  EXPECT_TRUE(host_.eventually([&] { return read(row_.looks) >= 3; }));
  EXPECT_EQ(read(row_.runs), 1);
}

}  // namespace
}  // namespace chassis
