#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "chassis/signature.hpp"
#include "mq/base/clock.hpp"
#include "mq/net/http.hpp"
#include "order-service/domain/alipay_message.hpp"
#include "order-service/domain/money.hpp"

namespace order {

struct AlipayConfig {
  std::string url = "http://127.0.0.1:8090";
  std::string notify_url = "http://127.0.0.1:8081/callbacks/alipay";
  std::string app_id = "2021000000000001";
  std::string seller_id = "2088000000000001";
  std::filesystem::path merchant_key;  // our private key, PEM
  std::filesystem::path gateway_key;   // the gateway's public key, PEM
  std::chrono::milliseconds timeout{5000};
};

// What the gateway said to one call. `unknown` is a state of its own: no answer, an answer that does
// not verify, or an error of the gateway's own system. It is resolved by asking again, never by guessing.
enum class CallOutcome { ok, refused, unknown };
struct GatewayAnswer {
  CallOutcome outcome = CallOutcome::unknown;
  std::string sub_code;  // of a refusal: "ACQ.TRADE_NOT_EXIST"
  std::string trouble;   // of unknown, for the log
  boost::json::object fields;

  [[nodiscard]] std::string text(std::string_view field) const;  // "" when absent
};

// Calls to the Alipay-like channel: signed with our key, answers checked with the gateway's. Never
// called inside a database transaction; the caller wrote its intent before.
//
// Thread rule: the executor's thread.
class AlipayGateway {
 public:
  AlipayGateway(mq::net::HttpClient& http, AlipayConfig config, const base::Clock& clock);

  [[nodiscard]] const AlipayConfig& config() const { return config_; }
  [[nodiscard]] const chassis::RsaPublicKey& gateway_key() const { return gateway_key_; }

  // Fields: qr_code, the page to pay at. The same number and amount again gives the same answer.
  boost::asio::awaitable<GatewayAnswer> precreate(std::string out_trade_no, Money amount, std::string subject,
                                                  base::Time expires);
  // Fields: trade_no, trade_status, total_amount.
  boost::asio::awaitable<GatewayAnswer> query(std::string out_trade_no);
  boost::asio::awaitable<GatewayAnswer> close(std::string out_trade_no);
  // Fields: fund_change, "Y" when money moved now. Repeating with the same number and amount is harmless.
  boost::asio::awaitable<GatewayAnswer> refund(std::string out_trade_no, std::string refund_no, Money amount,
                                               std::string reason);
  // Fields: refund_status, "REFUND_SUCCESS" once the money went back; absent before.
  boost::asio::awaitable<GatewayAnswer> query_refund(std::string out_trade_no, std::string refund_no);

 private:
  boost::asio::awaitable<GatewayAnswer> call(std::string method, boost::json::object content, Form extra);
  [[nodiscard]] GatewayAnswer read(const std::string& method, const mq::net::HttpResponse& response) const;

  mq::net::HttpClient& http_;
  AlipayConfig config_;
  const base::Clock& clock_;
  chassis::RsaPrivateKey merchant_key_;
  chassis::RsaPublicKey gateway_key_;
};

}  // namespace order
