#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "sandbox/gateway.hpp"

// What people see of the gateway: the cashier page, and its ledger.
namespace sandbox {
namespace {

namespace json = boost::json;

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html.push_back(c);
    }
  }
  return html;
}

mq::net::HttpResponse page(int status, std::string_view subject, std::string_view what,
                           std::string_view below) {
  constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox cashier</title>
<style>body{{font:16px/1.5 sans-serif;max-width:26em;margin:4em auto;padding:0 1em}}
b{{font-size:2em}}
button{{font:inherit;padding:.6em 2em;background:#1677ff;color:#fff;border:0;border-radius:.3em}}
small{{color:#666}}</style></head>
<body><small>Sandbox cashier · 沙箱收银台</small><h1>{}</h1><p><b>{}</b></p>{}</body></html>
)";
  mq::net::HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", "text/html; charset=utf-8"}, {"cache-control", "no-store"}};
  response.body = fmt::format(kPage, escaped(subject), escaped(what), below);
  return response;
}

mq::net::HttpResponse no_such_trade() { return page(404, "No such trade", "", ""); }

}  // namespace

boost::asio::awaitable<mq::net::HttpResponse> Gateway::show_page(Request request) {
  const auto* trade = book_.find(request.params.at("out_trade_no"));
  if (trade == nullptr) co_return no_such_trade();
  const auto amount = "¥" + format_amount(trade->amount_fen);
  switch (trade->status) {
    case TradeStatus::success:
      co_return page(200, trade->subject, amount + " paid · 已付款", "");
    case TradeStatus::closed:
      co_return page(200, trade->subject, "Closed · 已关闭", "");
    case TradeStatus::waiting:
      break;
  }
  co_return page(200, trade->subject, amount, R"(<form method="post"><button>Pay · 付款</button></form>)");
}

boost::asio::awaitable<mq::net::HttpResponse> Gateway::on_pay(Request request) {
  const auto out_trade_no = request.params.at("out_trade_no");
  const auto& fault = faults_.of("gateway");
  const auto decision = book_.pay(out_trade_no, "2088102100000000", service_.clock().now(), fault.late_pay,
                                  fault.ignore_expiry);
  if (decision.error == "ACQ.TRADE_NOT_EXIST") co_return no_such_trade();
  if (!decision.error.empty()) co_return page(409, "This cannot be paid any more", decision.error, "");
  if (record(decision)) {
    notifications_.owe(out_trade_no, service_.clock().now());
    loop_.wake();
  }
  mq::net::HttpResponse back;
  back.status = 303;
  back.headers = {{"location", "/alipay/pay/" + out_trade_no}};
  co_return back;
}

boost::asio::awaitable<mq::net::HttpResponse> Gateway::show_ledger(Request request) {
  std::string prefix;
  for (const auto* key : {"out_trade_no", "order_no"}) {
    if (const auto found = request.query.find(key); found != request.query.end()) prefix = found->second;
  }
  if (prefix.empty()) co_return mq::net::problem(400, "Say which", "?order_no=… or ?out_trade_no=…");
  json::array entries;
  for (auto& entry : book_.entries_of(prefix)) entries.push_back(std::move(entry));
  co_return mq::net::json_response(200, json::serialize(json::object{{"entries", std::move(entries)}}));
}

boost::asio::awaitable<mq::net::HttpResponse> Gateway::show_summary(Request) {
  std::int64_t paid = 0;
  std::int64_t refunded = 0;
  for (const auto& [number, trade] : book_.trades()) {
    if (trade.status != TradeStatus::success) continue;
    paid += trade.amount_fen;
    refunded += trade.refunded_fen();
  }
  const json::object summary{
      {"trades", book_.trades().size()}, {"paid_fen", paid}, {"refunded_fen", refunded}};
  co_return mq::net::json_response(200, json::serialize(summary));
}

}  // namespace sandbox
