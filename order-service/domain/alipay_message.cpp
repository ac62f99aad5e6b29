#include "order-service/domain/alipay_message.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace order {
namespace {

constexpr std::size_t kFieldMax = 128;  // bytes; the longest is the notification's id

std::string signed_text(const Form& form, bool with_sign_type) {
  std::string text;
  for (const auto& [key, value] : form) {  // a map: sorted already
    if (value.empty() || key == "sign" || (key == "sign_type" && !with_sign_type)) continue;
    if (!text.empty()) text.push_back('&');
    text.append(key).append("=").append(value);
  }
  return text;
}

std::optional<std::string> field(const Form& form, const std::string& key) {
  const auto found = form.find(key);
  if (found == form.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

// What the channel documents for its numbers and words. Anything else would fail later, in the database.
bool is_plain(std::string_view text) {
  return text.size() <= kFieldMax && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string request_text(const Form& form) { return signed_text(form, true); }
std::string notification_text(const Form& form) { return signed_text(form, false); }

std::optional<SignedAnswer> split_answer(std::string_view body, std::string_view method) {
  std::string name = "{\"" + std::string(method) + "_response\":";
  for (char& c : name) c = c == '.' ? '_' : c;
  static constexpr std::string_view kSign = ",\"sign\":\"";
  const auto sign = body.rfind(kSign);
  if (!body.starts_with(name) || sign == std::string_view::npos || sign < name.size() ||
      !body.ends_with("\"}")) {
    return std::nullopt;
  }
  const auto signature = body.substr(sign + kSign.size());
  return SignedAnswer{body.substr(name.size(), sign - name.size()),
                      signature.substr(0, signature.size() - 2)};
}

std::optional<Notification> parse_notification(const Form& form) {
  Notification n;
  const auto take = [&form](const char* key, std::string& into) {
    auto value = field(form, key);
    if (!value || !is_plain(*value)) return false;
    into = std::move(*value);
    return true;
  };
  std::string amount;
  if (!take("notify_id", n.notify_id) || !take("app_id", n.app_id) || !take("seller_id", n.seller_id) ||
      !take("out_trade_no", n.out_trade_no) || !take("trade_no", n.trade_no) ||
      !take("trade_status", n.trade_status) || !take("total_amount", amount)) {
    return std::nullopt;
  }
  const auto total = parse_yuan(amount);
  if (!total) return std::nullopt;
  n.total = *total;
  n.gmt_payment = field(form, "gmt_payment").value_or("");
  return n;
}

TradeStatus parse_trade_status(std::string_view text) {
  if (text == "TRADE_SUCCESS" || text == "TRADE_FINISHED") return TradeStatus::paid;
  if (text == "WAIT_BUYER_PAY") return TradeStatus::waiting;
  if (text == "TRADE_CLOSED") return TradeStatus::closed;
  return TradeStatus::unknown;
}

std::string channel_time(base::Time at) {
  const auto local = std::chrono::floor<std::chrono::seconds>(at) + std::chrono::hours{8};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{local - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace order
