#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "cli/run_state.hpp"
#include "mq/net/http.hpp"

namespace cli {

// The order system as a buyer and an auditor see it: over HTTP alone, at the addresses that the running
// system printed. Throws std::runtime_error with the service's own words when it refuses, or when it does not
// answer.
class Shop {
 public:
  // What gets no answer, or says that it is the server's fault, is asked again for `patience`. Every request
  // may be repeated: placing has a key, the others find what they did before.
  Shop(mq::net::HttpClient& http, RunState state, std::chrono::milliseconds patience = {})
      : http_(http), state_(std::move(state)), patience_(patience) {}

  struct Line {
    std::string sku;
    std::int64_t quantity = 1;
  };
  using Json = boost::json::object;

  // A fresh token for `user`: tokens end on the business clock, which commands move.
  boost::asio::awaitable<void> log_in(std::string user);
  boost::asio::awaitable<Json> place(std::vector<Line> lines, std::string idempotency_key);
  boost::asio::awaitable<Json> start_payment(std::string order_no);
  // Presses the button of the gateway's page, as the buyer would.
  boost::asio::awaitable<void> pay_at(std::string pay_url);
  boost::asio::awaitable<Json> cancel(std::string order_no);
  boost::asio::awaitable<Json> order(std::string order_no);
  boost::asio::awaitable<Json> orders();
  boost::asio::awaitable<Json> timeline(std::string order_no);
  boost::asio::awaitable<Json> catalogue();

  boost::asio::awaitable<Json> rewards(std::string order_no);
  boost::asio::awaitable<Json> pushes(std::string order_no);
  boost::asio::awaitable<Json> shipment(std::string order_no);
  // `party`: gateway, warehouse, push, sms.
  boost::asio::awaitable<Json> ledger(std::string party, std::string order_no);
  boost::asio::awaitable<void> set_fault(std::string party, std::string fault);

 private:
  boost::asio::awaitable<Json> get(std::string process, std::string path);
  boost::asio::awaitable<Json> post(std::string path, std::string body, std::string idempotency_key);
  boost::asio::awaitable<mq::net::HttpResponse> send(std::string method, std::string url, std::string body,
                                                     mq::net::HttpHeaders headers = {});
  [[nodiscard]] mq::net::HttpHeaders as_buyer() const;
  [[nodiscard]] std::string api(const std::string& process) const;

  mq::net::HttpClient& http_;
  RunState state_;
  std::chrono::milliseconds patience_;
  std::string token_;
};

}  // namespace cli
