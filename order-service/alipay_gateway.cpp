#include "order-service/alipay_gateway.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include "contracts/json_field.hpp"

namespace order {
namespace {

std::string form_text(const Form& form) {
  std::string text;
  for (const auto& [key, value] : form) {
    if (!text.empty()) text.push_back('&');
    text.append(mq::net::url_encode(key)).append("=").append(mq::net::url_encode(value));
  }
  return text;
}

// Reads as a refusal and is none: the channel asks for the same call again, and does not say what became of
// this one.
bool is_system_error(std::string_view sub_code) { return sub_code.ends_with(".SYSTEM_ERROR"); }

GatewayAnswer unknown(std::string trouble) {
  return {.outcome = CallOutcome::unknown, .sub_code = {}, .trouble = std::move(trouble), .fields = {}};
}

}  // namespace

std::string GatewayAnswer::text(std::string_view field) const { return contracts::text(fields, field); }

AlipayGateway::AlipayGateway(mq::net::HttpClient& http, AlipayConfig config, const base::Clock& clock)
    : http_(http),
      config_(std::move(config)),
      clock_(clock),
      merchant_key_(config_.merchant_key),
      gateway_key_(config_.gateway_key) {}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::precreate(std::string out_trade_no, Money amount,
                                                               std::string subject, base::Time expires) {
  boost::json::object content{{"out_trade_no", out_trade_no},
                              {"total_amount", to_yuan(amount)},
                              {"subject", subject},
                              {"time_expire", channel_time(expires)}};
  co_return co_await call("alipay.trade.precreate", std::move(content), {{"notify_url", config_.notify_url}});
}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::query(std::string out_trade_no) {
  co_return co_await call("alipay.trade.query", {{"out_trade_no", out_trade_no}}, {});
}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::close(std::string out_trade_no) {
  co_return co_await call("alipay.trade.close", {{"out_trade_no", out_trade_no}}, {});
}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::refund(std::string out_trade_no, std::string refund_no,
                                                            Money amount, std::string reason) {
  boost::json::object content{{"out_trade_no", out_trade_no},
                              {"refund_amount", to_yuan(amount)},
                              {"out_request_no", refund_no},
                              {"refund_reason", reason}};
  co_return co_await call("alipay.trade.refund", std::move(content), {});
}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::query_refund(std::string out_trade_no,
                                                                  std::string refund_no) {
  co_return co_await call("alipay.trade.fastpay.refund.query",
                          {{"out_trade_no", out_trade_no}, {"out_request_no", refund_no}}, {});
}

boost::asio::awaitable<GatewayAnswer> AlipayGateway::call(std::string method, boost::json::object content,
                                                          Form extra) {
  Form form = std::move(extra);
  form["app_id"] = config_.app_id;
  form["method"] = method;
  form["format"] = "JSON";
  form["charset"] = "utf-8";
  form["sign_type"] = "RSA2";
  form["timestamp"] = channel_time(clock_.now());
  form["version"] = "1.0";
  form["biz_content"] = boost::json::serialize(content);
  form["sign"] = merchant_key_.sign(request_text(form));

  mq::net::HttpHeaders headers{{"content-type", "application/x-www-form-urlencoded;charset=utf-8"}};
  std::string trouble;
  try {
    const auto response = co_await http_.send("POST", config_.url + "/alipay/gateway.do", std::move(headers),
                                              form_text(form), base::deadline_in(config_.timeout));
    co_return read(method, response);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    trouble = e.what();
  }
  co_return unknown(std::move(trouble));
}

GatewayAnswer AlipayGateway::read(const std::string& method, const mq::net::HttpResponse& response) const {
  if (response.status != 200) return unknown("HTTP status " + std::to_string(response.status));
  const auto parts = split_answer(response.body, method);
  if (!parts) return unknown("answer of an unknown shape");
  if (!gateway_key_.verify(parts->content, parts->signature)) return unknown("answer with a wrong signature");

  boost::system::error_code error;
  auto document = boost::json::parse({parts->content.data(), parts->content.size()}, error);
  if (error || !document.is_object()) return unknown("answer that is not a JSON object");
  GatewayAnswer answer;
  answer.fields = std::move(document.get_object());
  const auto code = answer.text("code");
  answer.sub_code = answer.text("sub_code");
  if (code == "10000") {
    answer.outcome = CallOutcome::ok;
  } else if (code == "40004" && !is_system_error(answer.sub_code)) {
    answer.outcome = CallOutcome::refused;
  } else {
    answer.trouble = "code " + code + " " + answer.sub_code;
  }
  return answer;
}

}  // namespace order
