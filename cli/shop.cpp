#include "cli/shop.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <stdexcept>

#include "cli/console.hpp"

namespace cli {
namespace {
namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kPause{100};

json::object object_of(const mq::net::HttpResponse& response, const std::string& url) {
  boost::system::error_code error;
  auto value = json::parse(response.body, error);
  if (response.status / 100 != 2) {
    const auto* problem = error ? nullptr : value.if_object();
    const auto* title = problem == nullptr ? nullptr : problem->if_contains("title");
    const auto* detail = problem == nullptr ? nullptr : problem->if_contains("detail");
    throw std::runtime_error(fmt::format(
        "{} answers {}{}{}", url, response.status,
        title != nullptr && title->is_string() ? ": " + std::string(title->get_string()) : "",
        detail != nullptr && detail->is_string() ? " (" + std::string(detail->get_string()) + ")" : ""));
  }
  if (error || !value.is_object()) throw std::runtime_error(url + " does not answer in JSON");
  return std::move(value.get_object());
}
}  // namespace

std::string Shop::api(const std::string& process) const {
  const auto url = state_.endpoint(process, "api");
  if (url.empty()) throw std::runtime_error(process + " is not up; see sluice status");
  return url;
}

asio::awaitable<mq::net::HttpResponse> Shop::send(std::string method, std::string url, std::string body,
                                                  mq::net::HttpHeaders headers) {
  if (!body.empty()) headers.emplace("content-type", "application/json");
  const auto give_up = base::deadline_in(patience_);
  for (;;) {
    const bool last = std::chrono::steady_clock::now() >= give_up;
    try {
      auto response = co_await http_.send(method, url, headers, body, base::deadline_in(kPatience));
      if (response.status < 500 || last) co_return response;
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      if (last) {
        throw std::runtime_error(
            fmt::format("{} does not answer: {}; see sluice status", url, sentence_of(error)));
      }
    }
    co_await base::sleep_for(kPause);
  }
}

mq::net::HttpHeaders Shop::as_buyer() const {
  mq::net::HttpHeaders headers;
  if (!token_.empty()) headers.emplace("authorization", "Bearer " + token_);
  return headers;
}

asio::awaitable<Shop::Json> Shop::get(std::string process, std::string path) {
  const auto url = api(process) + path;
  co_return object_of(co_await send("GET", url, {}, as_buyer()), url);
}

asio::awaitable<Shop::Json> Shop::post(std::string path, std::string body, std::string idempotency_key) {
  const auto url = api("order-service") + path;
  auto headers = as_buyer();
  if (!idempotency_key.empty()) headers.emplace("idempotency-key", std::move(idempotency_key));
  co_return object_of(co_await send("POST", url, std::move(body), std::move(headers)), url);
}

asio::awaitable<void> Shop::log_in(std::string user) {
  const auto url = api("sandbox") + "/identity/tokens";
  const auto body = json::serialize(json::object{{"user_id", user}});
  const auto answer = object_of(co_await send("POST", url, body), url);
  token_ = answer.at("token").as_string();
}

asio::awaitable<Shop::Json> Shop::place(std::vector<Line> lines, std::string idempotency_key) {
  json::array wanted;
  for (const auto& line : lines) wanted.push_back({{"sku", line.sku}, {"quantity", line.quantity}});
  const json::object body{
      {"lines", std::move(wanted)},
      {"ship_to",
       {{"name", "王小明"}, {"phone", "13800000000"}, {"city", "杭州"}, {"street", "文三路 1 号"}}}};
  co_return co_await post("/orders", json::serialize(body), std::move(idempotency_key));
}

asio::awaitable<Shop::Json> Shop::start_payment(std::string order_no) {
  co_return co_await post("/orders/" + order_no + "/payments", R"({"channel":"alipay"})", {});
}

asio::awaitable<void> Shop::pay_at(std::string pay_url) {
  const auto response = co_await send("POST", pay_url, {});
  if (response.status != 303) {
    throw std::runtime_error(
        fmt::format("the gateway does not take the money: {} answers {}", pay_url, response.status));
  }
}

asio::awaitable<Shop::Json> Shop::cancel(std::string no) {
  co_return co_await post("/orders/" + no + "/cancel", {}, {});
}
asio::awaitable<Shop::Json> Shop::order(std::string no) {
  co_return co_await get("order-service", "/orders/" + no);
}
asio::awaitable<Shop::Json> Shop::orders() { co_return co_await get("order-service", "/orders?limit=100"); }
asio::awaitable<Shop::Json> Shop::timeline(std::string no) {
  co_return co_await get("order-service", "/orders/" + no + "/timeline");
}
asio::awaitable<Shop::Json> Shop::catalogue() { co_return co_await get("order-service", "/catalogue"); }
asio::awaitable<Shop::Json> Shop::rewards(std::string no) {
  co_return co_await get("coupon-service", "/orders/" + no + "/rewards");
}
asio::awaitable<Shop::Json> Shop::pushes(std::string no) {
  co_return co_await get("push-service", "/orders/" + no + "/pushes");
}
asio::awaitable<Shop::Json> Shop::shipment(std::string no) {
  co_return co_await get("warehouse-service", "/orders/" + no + "/shipment");
}
asio::awaitable<Shop::Json> Shop::ledger(std::string party, std::string no) {
  co_return co_await get("sandbox", "/ledger/" + party + "?order_no=" + no);
}

asio::awaitable<void> Shop::set_fault(std::string party, std::string fault) {
  const auto url = api("sandbox") + "/faults/" + party;
  object_of(co_await send("PUT", url, std::move(fault)), url);
}

}  // namespace cli
