#pragma once
#include <boost/json/parse.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chassis/testing_service.hpp"
#include "mq/net/http.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/identity.hpp"
#include "sandbox/provider.hpp"
#include "sandbox/warehouse.hpp"

namespace sandbox {

// The third parties of a test (all but the gateway, which wants keys), as they are shipped, on one
// listener in the test's own process. A test speaks to them over HTTP alone.
class TestParties {
 public:
  static constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
  struct Call {
    std::string method, path, body;
    mq::net::HttpHeaders headers;
  };

  explicit TestParties(chassis::testing::TestService& host, std::chrono::milliseconds ship_after = {})
      : host_(host),
        faults_(host.service().random()),
        warehouse_(host.service(), http_, faults_, host.folder(), std::string(kSecret), ship_after),
        provider_(host.service(), faults_, host.folder()),
        identity_(host.service().clock(), faults_, std::string(kSecret), std::chrono::hours{12}) {}

  // Before the host starts.
  void serve() {
    api_.filter([this](mq::net::HttpRequest& request, std::string_view) {
      calls_.push_back({request.method, request.path, request.body, request.headers});
      return std::optional<mq::net::HttpResponse>();
    });
    faults_.add_routes(api_);
    warehouse_.add_routes(api_);
    provider_.add_routes(api_);
    identity_.add_routes(api_);
    host_.service().tasks().spawn("warehouse", warehouse_.run());
    url_ = host_.service().serve("sandbox", api_, {});
    host_.service().on_stop("silence", [this](base::Deadline) -> boost::asio::awaitable<void> {
      faults_.let_go();
      co_return;
    });
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  mq::net::HttpServer& listener() { return api_; }
  mq::net::HttpClient& http() { return http_; }
  Faults& faults() { return faults_; }

  mq::net::HttpResponse send(const std::string& method, const std::string& url, const std::string& body = {},
                             const mq::net::HttpHeaders& headers = {}) {
    return host_.call([&]() -> boost::asio::awaitable<mq::net::HttpResponse> {
      co_return co_await http_.send(method, url, headers, body, base::deadline_in(std::chrono::seconds{40}));
    });
  }
  mq::net::HttpResponse get(const std::string& path) { return send("GET", url_ + path); }
  mq::net::HttpResponse post(const std::string& path, const std::string& body) {
    return send("POST", url_ + path, body);
  }

  void misbehave(const std::string& party, const std::string& fault) {
    if (send("PUT", url_ + "/faults/" + party, fault).status != 200)
      throw std::invalid_argument("no such fault: " + fault);
  }
  void heal() { send("DELETE", url_ + "/faults"); }

  // What a party wrote down about an order.
  std::vector<boost::json::object> ledger(const std::string& party, const std::string& order_no) {
    const auto answer = boost::json::parse(get("/ledger/" + party + "?order_no=" + order_no).body);
    std::vector<boost::json::object> entries;
    for (const auto& entry : answer.at("entries").as_array()) entries.push_back(entry.as_object());
    return entries;
  }
  // Entries of one type.
  std::size_t ledger_count(const std::string& party, const std::string& order_no, std::string_view type) {
    std::size_t found = 0;
    for (const auto& entry : ledger(party, order_no)) found += entry.at("type").as_string() == type ? 1 : 0;
    return found;
  }

  // Bodies of the calls that reached a path, answered or not, in order.
  std::vector<std::string> bodies(const std::string& path) {
    return host_.call([&]() -> boost::asio::awaitable<std::vector<std::string>> {
      std::vector<std::string> found;
      for (const auto& call : calls_) {
        if (call.path == path) found.push_back(call.body);
      }
      co_return found;
    });
  }
  std::size_t count(const std::string& path) { return bodies(path).size(); }

 private:
  chassis::testing::TestService& host_;
  mq::net::HttpClient http_{host_.service().executor()};
  mq::net::HttpServer api_{host_.service().executor(), {}};
  Faults faults_;
  Warehouse warehouse_;
  Provider provider_;
  Identity identity_;
  std::string url_;
  std::vector<Call> calls_;  // the service's thread
};

}  // namespace sandbox
