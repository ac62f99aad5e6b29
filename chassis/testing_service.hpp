#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "chassis/service.hpp"
#include "mq/base/assert.hpp"
#include "mq/base/clock_page.hpp"

namespace chassis::testing {

// A folder of one test, gone with it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A service in the test's own process, on a thread of its own, on a business clock that the test moves.
// Its parts are built on service() before start() and die after stop(): members of a fixture that calls
// the two in SetUp and TearDown. The test itself stays a plain function.
//
// Thread rule: the test's one thread.
class TestService {
 public:
  struct Place {
    std::string ip = "127.0.0.1";
    // A fixed port needs an ip that is this process's own (mq/testing/loopback.hpp).
    std::uint16_t admin_port = 0;
    std::chrono::milliseconds stop_grace{8000};
    std::filesystem::path folder = {};  // of one that was stopped and starts again; empty: a new one
  };
  TestService() : TestService(Place{}) {}
  explicit TestService(const Place& place);
  ~TestService();
  TestService(const TestService&) = delete;
  TestService& operator=(const TestService&) = delete;

  [[nodiscard]] Service& service() { return *service_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  void start();
  // Stops as on SIGTERM. Throws when that was not clean. A second call does nothing.
  void stop();

  [[nodiscard]] base::Time now() const { return clock_.now(); }
  void advance(std::chrono::milliseconds by) { clock_.advance(by); }

  // Starts a coroutine on the service's thread. It gets a minute.
  template <class Body>
  auto begin(Body body) {
    using Value = typename std::invoke_result_t<Body>::value_type;
    BASE_ASSERT(thread_.joinable(), "a service that does not run never ends a call");
    auto patient = [](Body work) -> boost::asio::awaitable<Value> {
      co_return co_await base::with_deadline(base::deadline_in(kPatience), work());
    };
    return boost::asio::co_spawn(service_->executor(), patient(std::move(body)), boost::asio::use_future);
  }
  // Runs it to its end; throws what it threw.
  template <class Body>
  auto call(Body body) {
    return begin(std::move(body)).get();
  }

  // Looks again and again until `check` is content, for a minute at most.
  static bool eventually(const std::function<bool()>& check);

 private:
  static constexpr std::chrono::seconds kPatience{60};

  std::optional<TestFolder> own_folder_;
  std::filesystem::path folder_;
  base::ClockPage clock_;
  std::optional<Service> service_;
  std::thread thread_;
  int exit_code_ = 0;
};

}  // namespace chassis::testing
