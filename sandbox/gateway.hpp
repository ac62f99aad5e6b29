#pragma once
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <map>
#include <string>

#include "chassis/service.hpp"
#include "chassis/signature.hpp"
#include "mq/net/http.hpp"
#include "sandbox/delivery.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/ledger.hpp"
#include "sandbox/trade_book.hpp"

namespace sandbox {

struct GatewayConfig {
  std::filesystem::path key;           // the gateway's private key, PEM
  std::filesystem::path merchant_key;  // the merchant's public key, PEM
  std::string app_id = "2021000000000001";
  std::string seller_id = "2088000000000001";
  std::string public_url;  // where buyers reach the pay page; empty until be_found_at()
};

// The Alipay-like payment gateway: signed form calls, a cashier page, and a notification for each paid
// trade, sent until it is answered with exactly `success` or its schedule ends (4 min, 10 min, 10 min,
// 1 h, 2 h, 6 h, 15 h, as the real one documents).
class Gateway {
 public:
  Gateway(chassis::Service& service, mq::net::HttpClient& http, Faults& faults,
          const std::filesystem::path& folder, GatewayConfig config);

  void add_routes(mq::net::HttpServer& server);
  // The listener has its port: where buyers reach the pay page, unless the configuration said so.
  void be_found_at(const std::string& url);
  boost::asio::awaitable<void> run();  // the notifications

 private:
  using Request = mq::net::HttpRequest;
  using Response = mq::net::HttpResponse;
  using Form = std::map<std::string, std::string>;

  boost::asio::awaitable<Response> on_call(Request request);
  boost::asio::awaitable<Response> show_page(Request request);
  boost::asio::awaitable<Response> on_pay(Request request);
  boost::asio::awaitable<Response> show_ledger(Request request);
  boost::asio::awaitable<Response> show_summary(Request request);
  boost::asio::awaitable<bool> notify(std::string out_trade_no);

  [[nodiscard]] Response answer(const std::string& method, const boost::json::object& content) const;
  boost::json::object execute(const std::string& method, const boost::json::object& content,
                              const Form& form);
  boost::json::object precreate(const boost::json::object& content, const Form& form);
  boost::json::object query(const boost::json::object& content) const;
  boost::json::object close(const boost::json::object& content);
  boost::json::object refund(const boost::json::object& content);
  boost::json::object query_refund(const boost::json::object& content) const;
  bool record(const TradeBook::Decision& decision);  // false: nothing new
  [[nodiscard]] Form notification(const Trade& trade) const;

  chassis::Service& service_;
  mq::net::HttpClient& http_;
  Faults& faults_;
  GatewayConfig config_;
  chassis::RsaPrivateKey key_;
  chassis::RsaPublicKey merchant_key_;
  TradeBook book_;
  Ledger ledger_;
  Deliveries notifications_;
  chassis::DueLoop loop_;
};

}  // namespace sandbox
