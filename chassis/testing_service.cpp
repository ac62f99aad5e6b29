#include "chassis/testing_service.hpp"

#include <stdlib.h>
#include <boost/asio/post.hpp>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace chassis::testing {
namespace {

ServiceConfig config_of(const TestService::Place& place, const std::filesystem::path& clock) {
  ServiceConfig config;
  config.ip = place.ip;
  config.admin_port = place.admin_port;
  config.stop_grace = place.stop_grace;
  config.test_clock = clock;
  config.log.level = "warn";
  return config;
}

}  // namespace

TestFolder::TestFolder() {
  auto pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "folder of a test " + pattern);
  path_ = pattern;
}
TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestService::TestService(const Place& place)
    : folder_(place.folder.empty() ? own_folder_.emplace().path() : place.folder), clock_(folder_ / "clock") {
  service_.emplace("test", config_of(place, folder_ / "clock"));
}
TestService::~TestService() { BASE_ASSERT(!thread_.joinable(), "stop() comes before the parts die"); }

void TestService::start() {
  // Shared: who sets a promise may still be inside of it when the other side has its value and goes on.
  const auto running = std::make_shared<std::promise<bool>>();
  auto started = running->get_future();
  thread_ = std::thread([this, running] {
    bool told = false;
    exit_code_ = run(*service_, [&](Service& service) -> boost::asio::awaitable<void> {
      told = true;
      running->set_value(true);
      co_await service.run_until_signalled({});
    });
    if (!told) running->set_value(false);
  });
  if (started.get()) return;
  thread_.join();
  throw std::runtime_error("the service did not start; standard error says why");
}

void TestService::stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(service_->executor(), [this] { service_->request_stop(); });
  thread_.join();
  if (exit_code_ != 0) throw std::runtime_error("the service did not stop cleanly; standard error says why");
}

bool TestService::eventually(const std::function<bool()>& check) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!check()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

}  // namespace chassis::testing
