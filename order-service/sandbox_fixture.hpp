#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chassis/service.hpp"
#include "chassis/signature.hpp"
#include "mq/net/http.hpp"
#include "mq/testing/loopback.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/gateway.hpp"

namespace order {

// A folder of the running test's own with the keys of both sides; gone when the test ends.
class KeyFolder {
 public:
  KeyFolder() {
    std::string pattern = ::testing::TempDir() + "payments-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
    path_ = pattern;
    chassis::write_rsa_key_pair(path_ / "gateway.pem", path_ / "gateway.pub");
    chassis::write_rsa_key_pair(path_ / "merchant.pem", path_ / "merchant.pub");
  }
  ~KeyFolder() { std::filesystem::remove_all(path_); }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The sandbox's payment gateway as it is shipped, on a thread of its own: the tests reach it over HTTP
// alone, as they would a third party.
class SandboxGateway {
 public:
  explicit SandboxGateway(const KeyFolder& folder)
      : service_("sandbox", quiet(folder)), asked_to_stop_(service_.executor()) {
    asked_to_stop_.expires_at(std::chrono::steady_clock::time_point::max());
    auto url = started_.get_future();
    thread_ = std::thread([this, &folder] {
      chassis::run(service_, [this, &folder](chassis::Service&) { return serve(folder); });
    });
    url_ = url.get();
  }
  ~SandboxGateway() {
    boost::asio::post(service_.executor(),
                      [this] { asked_to_stop_.expires_at(std::chrono::steady_clock::time_point::min()); });
    thread_.join();
  }
  SandboxGateway(const SandboxGateway&) = delete;
  SandboxGateway& operator=(const SandboxGateway&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  // The address of this test process.
  static std::string ip() { return mq::testing::loopback_address(); }

 private:
  static chassis::ServiceConfig quiet(const KeyFolder& folder) {
    chassis::ServiceConfig config;
    config.ip = ip();
    config.test_clock = folder / "clock";
    config.log.level = "error";
    return config;
  }

  boost::asio::awaitable<void> serve(const KeyFolder& folder) {
    std::exception_ptr failure;
    try {
      mq::net::HttpClient http(service_.executor());
      mq::net::HttpServer api(service_.executor(), {.ip = ip()});
      sandbox::Faults faults(service_.random());
      const auto url = "http://" + ip() + ":" + std::to_string(api.listen());
      sandbox::Gateway gateway(
          service_, http, faults, folder.path(),
          {.key = folder / "gateway.pem", .merchant_key = folder / "merchant.pub", .public_url = url});
      gateway.add_routes(api);
      faults.add_routes(api);
      service_.tasks().spawn("api", api.run());
      service_.tasks().spawn("notifications", gateway.run());
      started_.set_value(url);
      boost::system::error_code woken;
      co_await asked_to_stop_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
      co_await api.stop(std::chrono::steady_clock::now());  // a silent gateway would hold it for long
      co_await service_.tasks().stop();
      co_return;
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    started_.set_exception(failure);
  }

  chassis::Service service_;
  boost::asio::steady_timer asked_to_stop_;
  std::promise<std::string> started_;
  std::string url_;
  std::thread thread_;
};

// The way between the order service and the gateway. It passes every call on, and lets a test do
// something at an exact point of a call, lose an answer or change it.
//
// Thread rule: the executor's thread.
class Wire {
 public:
  using Act = std::function<boost::asio::awaitable<void>()>;
  using Change = std::function<std::string(std::string body)>;

  Wire(mq::net::HttpClient& http, std::string gateway_url, const chassis::RsaPrivateKey& gateway_key)
      : http_(http), gateway_url_(std::move(gateway_url)), gateway_key_(gateway_key) {}

  void add_routes(mq::net::HttpServer& server) {
    server.route("POST", "/alipay/gateway.do", [this](mq::net::HttpRequest r) { return pass(std::move(r)); });
  }

  // Each of these strikes the next call of `method` ("close", "query", "precreate", "refund") only.
  void before(const std::string& method, Act act) { points_[method].before = std::move(act); }
  void after(const std::string& method, Act act) { points_[method].after = std::move(act); }
  void lose_answer(const std::string& method) { points_[method].lost = true; }
  void change_answer(const std::string& method, Change change) { points_[method].change = std::move(change); }
  // The gateway is not asked: it says this, with a good signature.
  void answer_with(const std::string& method, const std::string& content) {
    points_[method].said = answer(method, content, gateway_key_.sign(content));
  }
  // Somebody on the line says this, who has no key.
  void forge(const std::string& method, const std::string& content) {
    points_[method].said = answer(method, content, "QUJD");
  }
  // Calls that are on the wire now, also those whose caller is gone.
  [[nodiscard]] int in_flight() const { return in_flight_; }
  // The methods that were called, oldest first.
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

 private:
  struct Point {
    Act before, after;
    Change change;
    std::string said;
    bool lost = false;
  };

  static std::string answer(const std::string& method, const std::string& content, const std::string& sign) {
    return "{\"alipay_trade_" + method + "_response\":" + content + ",\"sign\":\"" + sign + "\"}";
  }

  boost::asio::awaitable<mq::net::HttpResponse> pass(mq::net::HttpRequest request) {
    const auto method =
        mq::net::parse_form(request.body)["method"].substr(std::string("alipay.trade.").size());
    calls_.push_back(method);
    ++in_flight_;
    const std::shared_ptr<void> landed(nullptr, [this](void*) { --in_flight_; });
    const auto point = std::exchange(points_[method], Point{});
    if (point.before) co_await point.before();
    if (!point.said.empty()) co_return mq::net::json_response(200, point.said);
    mq::net::HttpHeaders headers{{"content-type", std::string(request.header("content-type"))}};
    auto heard = co_await http_.send("POST", gateway_url_ + "/alipay/gateway.do", std::move(headers),
                                     std::move(request.body), base::deadline_in(std::chrono::seconds{60}));
    if (point.after) co_await point.after();
    if (point.lost) co_return mq::net::text_response(502, "the way back is broken");
    if (point.change) heard.body = point.change(heard.body);
    co_return mq::net::json_response(heard.status, heard.body);
  }

  mq::net::HttpClient& http_;
  std::string gateway_url_;
  const chassis::RsaPrivateKey& gateway_key_;
  std::map<std::string, Point> points_;
  std::vector<std::string> calls_;
  int in_flight_ = 0;
};

}  // namespace order
