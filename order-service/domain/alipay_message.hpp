#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mq/base/clock.hpp"
#include "order-service/domain/money.hpp"

// The texts of the Alipay-like channel: what is signed, what a notification says. Pure; the calls
// themselves are alipay_gateway's.
namespace order {

using Form = std::map<std::string, std::string>;

// What a request's signature covers: `key=value` of all non-empty parameters but `sign`, sorted, joined by
// '&'.
std::string request_text(const Form& form);
// What a notification's signature covers: the same, without `sign_type` too.
std::string notification_text(const Form& form);

// The signed part of an answer, exactly as it came: the value of `<method>_response`. Parsing it and
// writing it again would break the signature.
struct SignedAnswer {
  std::string_view content;
  std::string_view signature;
};
std::optional<SignedAnswer> split_answer(std::string_view body, std::string_view method);

// The fields of a payment notification that decide anything.
struct Notification {
  std::string notify_id;
  std::string app_id;
  std::string seller_id;
  std::string out_trade_no;
  std::string trade_no;
  std::string trade_status;
  Money total;
  std::string gmt_payment;
};
// Nothing when a field is missing, empty, longer than 128 bytes or not of visible ASCII, or when the amount
// is not an amount.
std::optional<Notification> parse_notification(const Form& form);

// TRADE_SUCCESS and TRADE_FINISHED mean money; WAIT_BUYER_PAY and TRADE_CLOSED are known and mean none.
enum class TradeStatus { paid, waiting, closed, unknown };
TradeStatus parse_trade_status(std::string_view text);

// "2026-11-21 18:30:00" in the channel's own time zone, UTC+8.
std::string channel_time(base::Time at);

}  // namespace order
