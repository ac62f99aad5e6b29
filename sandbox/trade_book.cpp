#include "sandbox/trade_book.hpp"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>

#include "mq/base/assert.hpp"

namespace sandbox {
namespace {

namespace json = boost::json;
using Decision = TradeBook::Decision;

Decision refused(std::string error) { return {.error = std::move(error), .entry = std::nullopt}; }
Decision allowed(json::object entry) { return {.error = {}, .entry = std::move(entry)}; }
Decision repeated() { return {.error = {}, .entry = std::nullopt}; }

json::object entry(std::string_view type, const std::string& out_trade_no, base::Time now) {
  return {{"type", type}, {"out_trade_no", out_trade_no}, {"at_ms", base::to_millis(now)}};
}

std::string text(const json::object& from, std::string_view field) {
  const auto* value = from.if_contains(field);
  BASE_ASSERT(value != nullptr && value->is_string(), "the ledger holds what this book wrote");
  return std::string(value->get_string());
}

std::int64_t number(const json::object& from, std::string_view field) {
  const auto* value = from.if_contains(field);
  BASE_ASSERT(value != nullptr && value->is_int64(), "the ledger holds what this book wrote");
  return value->get_int64();
}

}  // namespace

std::string_view name(TradeStatus status) {
  switch (status) {
    case TradeStatus::waiting:
      return "WAIT_BUYER_PAY";
    case TradeStatus::success:
      return "TRADE_SUCCESS";
    case TradeStatus::closed:
      return "TRADE_CLOSED";
  }
  return "";
}

std::int64_t Trade::refunded_fen() const {
  std::int64_t sum = 0;
  for (const auto& [no, fen] : refunds) sum += fen;
  return sum;
}

const Trade* TradeBook::find(std::string_view out_trade_no) const {
  const auto found = trades_.find(out_trade_no);
  return found == trades_.end() ? nullptr : &found->second;
}

Decision TradeBook::precreate(const Trade& wanted, base::Time now) const {
  if (const auto* trade = find(wanted.out_trade_no)) {
    if (trade->amount_fen != wanted.amount_fen) return refused("ACQ.CONTEXT_INCONSISTENT");
    if (trade->status == TradeStatus::success) return refused("ACQ.TRADE_HAS_SUCCESS");
    if (trade->status == TradeStatus::closed) return refused("ACQ.TRADE_HAS_CLOSE");
    return repeated();
  }
  if (wanted.amount_fen <= 0) return refused("ACQ.TOTAL_FEE_EXCEED");
  auto created = entry("precreate", wanted.out_trade_no, now);
  created["trade_no"] = fmt::format("{}{:07}", base::to_millis(now), trades_.size() + 1);
  created["app_id"] = wanted.app_id;
  created["amount_fen"] = wanted.amount_fen;
  created["subject"] = wanted.subject;
  created["notify_url"] = wanted.notify_url;
  created["expires_ms"] = wanted.expires_ms;
  return allowed(std::move(created));
}

Decision TradeBook::pay(const std::string& out_trade_no, const std::string& buyer_id, base::Time now,
                        bool late_pay, bool ignore_expiry) const {
  const auto* trade = find(out_trade_no);
  if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
  if (trade->status == TradeStatus::success) return repeated();
  if (trade->status == TradeStatus::closed && !late_pay) return refused("ACQ.TRADE_HAS_CLOSE");
  if (base::to_millis(now) >= trade->expires_ms && !ignore_expiry && !late_pay)
    return refused("ACQ.TRADE_EXPIRED");
  auto paid = entry("paid", out_trade_no, now);
  paid["amount_fen"] = trade->amount_fen;
  paid["buyer_id"] = buyer_id;
  paid["notify_id"] = "N" + trade->trade_no;
  return allowed(std::move(paid));
}

Decision TradeBook::close(const std::string& out_trade_no, base::Time now) const {
  const auto* trade = find(out_trade_no);
  if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
  if (trade->status == TradeStatus::success) return refused("ACQ.TRADE_STATUS_ERROR");
  if (trade->status == TradeStatus::closed) return repeated();
  return allowed(entry("closed", out_trade_no, now));
}

Decision TradeBook::refund(const std::string& out_trade_no, const std::string& out_request_no,
                           std::int64_t fen, const std::string& reason, base::Time now) const {
  const auto* trade = find(out_trade_no);
  if (trade == nullptr) return refused("ACQ.TRADE_NOT_EXIST");
  if (trade->status != TradeStatus::success) return refused("ACQ.TRADE_STATUS_ERROR");
  if (const auto known = trade->refunds.find(out_request_no); known != trade->refunds.end()) {
    return known->second == fen ? repeated() : refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  }
  if (fen <= 0 || fen > trade->amount_fen - trade->refunded_fen())
    return refused("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
  auto refunded = entry("refunded", out_trade_no, now);
  refunded["out_request_no"] = out_request_no;
  refunded["amount_fen"] = fen;
  refunded["reason"] = reason;
  return allowed(std::move(refunded));
}

json::object TradeBook::notify_ended(const std::string& out_trade_no, bool taken, base::Time now) {
  auto ended = entry("notify_ended", out_trade_no, now);
  ended["taken"] = taken;
  return ended;
}

void TradeBook::apply(const json::object& e) {
  const auto type = text(e, "type");
  const auto out_trade_no = text(e, "out_trade_no");
  auto& trade = trades_[out_trade_no];
  if (type == "precreate") {
    trade.out_trade_no = out_trade_no;
    trade.trade_no = text(e, "trade_no");
    trade.app_id = text(e, "app_id");
    trade.amount_fen = number(e, "amount_fen");
    trade.subject = text(e, "subject");
    trade.notify_url = text(e, "notify_url");
    trade.expires_ms = number(e, "expires_ms");
  } else if (type == "paid") {
    trade.status = TradeStatus::success;
    trade.paid_ms = number(e, "at_ms");
    trade.buyer_id = text(e, "buyer_id");
    trade.notify_id = text(e, "notify_id");
  } else if (type == "closed") {
    trade.status = TradeStatus::closed;
  } else if (type == "refunded") {
    trade.refunds[text(e, "out_request_no")] = number(e, "amount_fen");
  } else if (type == "notify_ended") {
    trade.notify_ended = true;
  }
  entries_[out_trade_no].push_back(e);
}

std::vector<json::object> TradeBook::entries_of(std::string_view prefix) const {
  std::vector<json::object> all;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    all.insert(all.end(), at->second.begin(), at->second.end());
  }
  return all;
}

std::optional<std::int64_t> parse_amount(std::string_view yuan) {
  const auto point = yuan.find('.');
  if (point == std::string_view::npos || point == 0 || point > 9 || yuan.size() != point + 3)
    return std::nullopt;
  std::string digits(yuan.substr(0, point));
  digits.append(yuan.substr(point + 1));
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::int64_t fen = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), fen);
  return fen;
}

std::string format_amount(std::int64_t fen) { return fmt::format("{}.{:02}", fen / 100, fen % 100); }

}  // namespace sandbox
