#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "contracts/json_field.hpp"
#include "sandbox/channel_text.hpp"
#include "sandbox/gateway.hpp"

// The signed form calls of the gateway.
namespace sandbox {
namespace {

namespace json = boost::json;

json::object business_error(const std::string& sub_code) {
  return {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", sub_code}, {"sub_msg", sub_code}};
}
json::object invalid(const std::string& sub_code) {
  return {{"code", "40002"}, {"msg", "Invalid Arguments"}, {"sub_code", sub_code}, {"sub_msg", sub_code}};
}
json::object success() { return {{"code", "10000"}, {"msg", "Success"}}; }

using contracts::text;

std::string value_of(const std::map<std::string, std::string>& form, const std::string& key) {
  const auto found = form.find(key);
  return found == form.end() ? std::string() : found->second;
}

}  // namespace

void Gateway::add_routes(mq::net::HttpServer& server) {
  // "System busy": the caller may try again and does not know what became of the call.
  const json::object busy{
      {"code", "20000"}, {"msg", "Service Currently Unavailable"}, {"sub_code", "aop.SYSTEM_ERROR"}};
  const auto failure = mq::net::json_response(503, json::serialize(busy));
  server.route("POST", "/alipay/gateway.do",
               faults_.struck("gateway", failure, [this](Request r) { return on_call(std::move(r)); }));
  server.route("GET", "/alipay/pay/{out_trade_no}", [this](Request r) { return show_page(std::move(r)); });
  server.route("POST", "/alipay/pay/{out_trade_no}", [this](Request r) { return on_pay(std::move(r)); });
  server.route("GET", "/ledger/gateway", [this](Request r) { return show_ledger(std::move(r)); });
  server.route("GET", "/ledger/gateway/summary", [this](Request r) { return show_summary(std::move(r)); });
}

boost::asio::awaitable<mq::net::HttpResponse> Gateway::on_call(Request request) {
  const auto form = mq::net::parse_form(request.body);
  const auto method = value_of(form, "method");
  if (value_of(form, "app_id") != config_.app_id) co_return answer(method, invalid("isv.invalid-app-id"));
  if (value_of(form, "sign_type") != "RSA2" ||
      !merchant_key_.verify(text_to_sign(form, "sign"), value_of(form, "sign"))) {
    co_return answer(method, invalid("isv.invalid-signature"));
  }
  boost::system::error_code error;
  const auto biz_content = value_of(form, "biz_content");
  const auto content = json::parse(biz_content, error);
  if (error || !content.is_object() || text(content.get_object(), "out_trade_no").empty()) {
    co_return answer(method, invalid("isv.invalid-parameter"));
  }
  co_return answer(method, execute(method, content.get_object(), form));
}

json::object Gateway::execute(const std::string& method, const json::object& content, const Form& form) {
  if (method == "alipay.trade.precreate") return precreate(content, form);
  if (method == "alipay.trade.query") return query(content);
  if (method == "alipay.trade.close") return close(content);
  if (method == "alipay.trade.refund") return refund(content);
  if (method == "alipay.trade.fastpay.refund.query") return query_refund(content);
  return invalid("isv.invalid-method");
}

json::object Gateway::precreate(const json::object& content, const Form& form) {
  Trade wanted;
  wanted.out_trade_no = text(content, "out_trade_no");
  wanted.app_id = value_of(form, "app_id");
  wanted.subject = text(content, "subject");
  wanted.notify_url = value_of(form, "notify_url");
  const auto amount = parse_amount(text(content, "total_amount"));
  const auto expires = parse_channel_time(text(content, "time_expire"));
  if (!amount || !expires || wanted.notify_url.empty()) return invalid("isv.invalid-parameter");
  wanted.amount_fen = *amount;
  wanted.expires_ms = base::to_millis(*expires);
  const auto decision = book_.precreate(wanted, service_.clock().now());
  if (!decision.error.empty()) return business_error(decision.error);
  record(decision);
  auto answer = success();
  answer["out_trade_no"] = wanted.out_trade_no;
  answer["qr_code"] = config_.public_url + "/alipay/pay/" + wanted.out_trade_no;
  return answer;
}

json::object Gateway::query(const json::object& content) const {
  const auto* trade = book_.find(text(content, "out_trade_no"));
  if (trade == nullptr) return business_error("ACQ.TRADE_NOT_EXIST");
  auto answer = success();
  answer["out_trade_no"] = trade->out_trade_no;
  answer["trade_no"] = trade->trade_no;
  answer["trade_status"] = name(trade->status);
  answer["total_amount"] = format_amount(trade->amount_fen);
  return answer;
}

json::object Gateway::close(const json::object& content) {
  const auto out_trade_no = text(content, "out_trade_no");
  const auto decision = book_.close(out_trade_no, service_.clock().now());
  if (!decision.error.empty()) return business_error(decision.error);
  record(decision);
  auto answer = success();
  answer["out_trade_no"] = out_trade_no;
  answer["trade_no"] = book_.find(out_trade_no)->trade_no;
  return answer;
}

json::object Gateway::refund(const json::object& content) {
  const auto out_trade_no = text(content, "out_trade_no");
  const auto out_request_no = text(content, "out_request_no");
  const auto amount = parse_amount(text(content, "refund_amount"));
  if (out_request_no.empty() || !amount) return invalid("isv.invalid-parameter");
  const auto decision = book_.refund(out_trade_no, out_request_no, *amount, text(content, "refund_reason"),
                                     service_.clock().now());
  if (!decision.error.empty()) return business_error(decision.error);
  const bool moved = record(decision);
  const auto* trade = book_.find(out_trade_no);
  auto answer = success();
  answer["out_trade_no"] = out_trade_no;
  answer["trade_no"] = trade->trade_no;
  answer["fund_change"] = moved ? "Y" : "N";
  answer["refund_fee"] = format_amount(trade->refunded_fen());
  return answer;
}

json::object Gateway::query_refund(const json::object& content) const {
  const auto* trade = book_.find(text(content, "out_trade_no"));
  if (trade == nullptr) return business_error("ACQ.TRADE_NOT_EXIST");
  const auto refunded = trade->refunds.find(text(content, "out_request_no"));
  auto answer = success();
  if (refunded != trade->refunds.end()) {
    answer["refund_status"] = "REFUND_SUCCESS";
    answer["refund_amount"] = format_amount(refunded->second);
  }
  return answer;
}

}  // namespace sandbox
