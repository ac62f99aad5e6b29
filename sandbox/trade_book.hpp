#pragma once
#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mq/base/clock.hpp"

namespace sandbox {

enum class TradeStatus { waiting, success, closed };
std::string_view name(TradeStatus status);  // WAIT_BUYER_PAY, TRADE_SUCCESS, TRADE_CLOSED

struct Trade {
  std::string out_trade_no, trade_no, app_id, subject, notify_url, notify_id, buyer_id;
  std::int64_t amount_fen = 0;
  std::int64_t expires_ms = 0;
  std::int64_t paid_ms = 0;
  TradeStatus status = TradeStatus::waiting;
  bool notify_ended = false;                    // taken, or given up
  std::map<std::string, std::int64_t> refunds;  // by out_request_no, in fen
  [[nodiscard]] std::int64_t refunded_fen() const;
};

// The payment gateway's trades. Pure: an operation says what entry has to go into the ledger, and
// apply() is the only thing that changes the book, live and at a restart alike.
class TradeBook {
 public:
  struct Decision {
    std::string error;                         // sub_code; empty: allowed
    std::optional<boost::json::object> entry;  // nothing to write: a repeat
  };
  // The seven-digit counter keeps trade numbers apart; the time makes them look like the real ones.
  [[nodiscard]] Decision precreate(const Trade& wanted, base::Time now) const;
  [[nodiscard]] Decision pay(const std::string& out_trade_no, const std::string& buyer_id, base::Time now,
                             bool late_pay, bool ignore_expiry) const;
  [[nodiscard]] Decision close(const std::string& out_trade_no, base::Time now) const;
  [[nodiscard]] Decision refund(const std::string& out_trade_no, const std::string& out_request_no,
                                std::int64_t fen, const std::string& reason, base::Time now) const;
  static boost::json::object notify_ended(const std::string& out_trade_no, bool taken, base::Time now);

  void apply(const boost::json::object& entry);

  [[nodiscard]] const Trade* find(std::string_view out_trade_no) const;
  [[nodiscard]] const std::map<std::string, Trade, std::less<>>& trades() const { return trades_; }
  // All ledger entries of one trade, or of all trades of one order.
  [[nodiscard]] std::vector<boost::json::object> entries_of(std::string_view out_trade_no_prefix) const;

 private:
  std::map<std::string, Trade, std::less<>> trades_;
  std::map<std::string, std::vector<boost::json::object>, std::less<>> entries_;
};

// "12.34" exactly; nothing for anything else.
std::optional<std::int64_t> parse_amount(std::string_view yuan);
std::string format_amount(std::int64_t fen);

}  // namespace sandbox
