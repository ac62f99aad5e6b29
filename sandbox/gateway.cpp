#include "sandbox/gateway.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <array>

#include "mq/base/log.hpp"
#include "sandbox/channel_text.hpp"

namespace sandbox {
namespace {

namespace json = boost::json;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
constexpr std::array<milliseconds, 7> kNotifyPauses = {minutes{4}, minutes{10}, minutes{10}, hours{1},
                                                       hours{2},   hours{6},    hours{15}};
constexpr std::chrono::seconds kNotifyTimeout{5};

}  // namespace

Gateway::Gateway(chassis::Service& service, mq::net::HttpClient& http, Faults& faults,
                 const std::filesystem::path& folder, GatewayConfig config)
    : service_(service),
      http_(http),
      faults_(faults),
      config_(std::move(config)),
      key_(config_.key),
      merchant_key_(config_.merchant_key),
      ledger_(folder / "gateway.jsonl", [this](const json::object& entry) { book_.apply(entry); }),
      notifications_(
          service.clock(), kNotifyPauses, [this](std::string trade) { return notify(std::move(trade)); },
          [this](const std::string& trade, bool taken) {
            const auto entry = TradeBook::notify_ended(trade, taken, service_.clock().now());
            ledger_.append(entry);
            book_.apply(entry);
          }),
      loop_(service, "gateway notifications", notifications_) {
  for (const auto& [number, trade] : book_.trades()) {
    if (trade.status == TradeStatus::success && !trade.notify_ended) {
      notifications_.owe(number, service.clock().now());
    }
  }
}

void Gateway::be_found_at(const std::string& url) {
  if (config_.public_url.empty()) config_.public_url = url;
}

boost::asio::awaitable<void> Gateway::run() { co_await loop_.run(); }

bool Gateway::record(const TradeBook::Decision& decision) {
  if (!decision.entry) return false;
  ledger_.append(*decision.entry);
  book_.apply(*decision.entry);
  return true;
}

Gateway::Form Gateway::notification(const Trade& trade) const {
  const auto paid = format_channel_time(base::from_millis(trade.paid_ms));
  Form form{{"notify_time", format_channel_time(service_.clock().now())},
            {"notify_type", "trade_status_sync"},
            {"notify_id", trade.notify_id},
            {"app_id", trade.app_id},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"trade_no", trade.trade_no},
            {"out_trade_no", trade.out_trade_no},
            {"seller_id", config_.seller_id},
            {"buyer_id", trade.buyer_id},
            {"trade_status", std::string(name(trade.status))},
            {"total_amount", format_amount(trade.amount_fen)},
            {"receipt_amount", format_amount(trade.amount_fen)},
            {"gmt_payment", paid},
            {"subject", trade.subject}};
  form["sign"] = key_.sign(text_to_sign(form, "sign", "sign_type"));
  return form;
}

boost::asio::awaitable<bool> Gateway::notify(std::string out_trade_no) {
  const auto* trade = book_.find(out_trade_no);
  const auto url = trade->notify_url;
  auto body = encode_form(notification(*trade));
  mq::net::HttpHeaders headers{{"content-type", "application/x-www-form-urlencoded;charset=utf-8"}};
  std::string trouble;
  try {
    const auto response = co_await http_.send("POST", url, std::move(headers), std::move(body),
                                              base::deadline_in(kNotifyTimeout));
    // Anything else, a blank or a line end too, is not the word.
    if (response.status == 200 && response.body == "success") co_return true;
    trouble = "answer " + std::to_string(response.status);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    trouble = e.what();
  }
  base::log("gateway")->info("notification not taken out_trade_no={} reason=\"{}\"", out_trade_no, trouble);
  co_return false;
}

mq::net::HttpResponse Gateway::answer(const std::string& method, const json::object& content) const {
  std::string node = method + "_response";
  for (char& c : node) c = c == '.' ? '_' : c;
  const auto text = json::serialize(content);
  return mq::net::json_response(200, "{\"" + node + "\":" + text + ",\"sign\":\"" + key_.sign(text) + "\"}");
}

}  // namespace sandbox
