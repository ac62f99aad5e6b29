#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "mq/testing/loopback.hpp"
#include "sandbox/parties_fixture.hpp"

namespace sandbox {

// Whoever a party reports to: takes notes and answers as the test says. It keeps its address over a
// restart of the sandbox.
class Receiver {
 public:
  struct Heard {
    base::Time at;  // business time
    mq::net::HttpHeaders headers;
    std::string body;
  };

  explicit Receiver(chassis::testing::TestService& host)
      : host_(host), server_(host.service().executor(), options()) {}
  void serve() {
    server_.route("POST", "/notify",
                  [this](mq::net::HttpRequest r) -> boost::asio::awaitable<mq::net::HttpResponse> {
                    heard_.push_back({host_.now(), std::move(r.headers), std::move(r.body)});
                    co_return answer_;
                  });
    host_.service().serve("receiver", server_, options());
  }
  static std::string url() {
    return "http://" + options().ip + ":" + std::to_string(options().port) + "/notify";
  }

  void answer(int status, const std::string& body) {
    auto response = mq::net::text_response(status, body);
    host_.call([&]() -> boost::asio::awaitable<void> {
      answer_ = response;
      co_return;
    });
  }
  std::vector<Heard> heard() {
    return host_.call([this]() -> boost::asio::awaitable<std::vector<Heard>> { co_return heard_; });
  }

 private:
  static mq::net::HttpServerOptions options() {
    return {.ip = mq::testing::loopback_address(), .port = 18'891};
  }

  chassis::testing::TestService& host_;
  mq::net::HttpServer server_;
  mq::net::HttpResponse answer_ = mq::net::text_response(503, "");
  std::vector<Heard> heard_;  // the service's thread
};

// The sandbox on a business clock that the test moves, and somebody it reports to. A test may end it and
// start it again on the same ledgers.
class SandboxTest : public ::testing::Test {
 protected:
  struct World {
    explicit World(const std::filesystem::path& folder)
        : host({.ip = mq::testing::loopback_address(), .admin_port = kAdminPort, .folder = folder}) {}
    chassis::testing::TestService host;
    Receiver receiver{host};
    TestParties parties{host, kShipAfter};
  };
  static constexpr std::uint16_t kAdminPort = 18'890;
  static constexpr std::chrono::milliseconds kShipAfter = std::chrono::hours{1};

  void SetUp() override { begin(); }
  void TearDown() override {
    if (world_) end();
  }
  void begin() {
    world_.emplace(folder_.path());
    compose();
    world_->parties.serve();
    world_->receiver.serve();
    world_->host.start();
  }
  void end() {
    world_->host.stop();
    dismantle();
    world_.reset();
  }
  // What a derived fixture has beside the parties.
  virtual void compose() {}
  virtual void dismantle() {}

  chassis::testing::TestService& host() { return world_->host; }
  TestParties& parties() { return world_->parties; }
  Receiver& receiver() { return world_->receiver; }

  // Waits until nothing is left to do now, and says when the next thing is due: how the test clock is
  // advanced in earnest, and how a test knows that nobody is about to act.
  std::optional<base::Time> next_due() {
    std::optional<base::Time> next;
    EXPECT_TRUE(host().eventually([&] {
      const auto page =
          "http://" + mq::testing::loopback_address() + ":" + std::to_string(kAdminPort) + "/due";
      const auto due = boost::json::parse(parties().send("GET", page).body).as_object();
      if (!due.at("idle").as_bool()) return false;
      next.reset();
      if (due.at("next_due_ms").is_int64()) next = base::from_millis(due.at("next_due_ms").as_int64());
      return true;
    }));
    return next;
  }
  void advance_to(base::Time at) {
    if (at > host().now()) host().advance(at - host().now());
  }
  int status(const std::string& path, const std::string& body) { return parties().post(path, body).status; }

  chassis::testing::TestFolder folder_;
  std::optional<World> world_;
};

}  // namespace sandbox
