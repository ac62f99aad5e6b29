#include "order-service/trade_state.hpp"

namespace order {

boost::asio::awaitable<TradeAnswer> ask_trade(AlipayGateway& gateway, std::string out_trade_no) {
  const auto answer = co_await gateway.query(out_trade_no);
  TradeAnswer trade;
  trade.trouble = answer.trouble;
  if (answer.outcome == CallOutcome::refused && answer.sub_code == "ACQ.TRADE_NOT_EXIST") {
    trade.state = TradeState::not_existing;
    co_return trade;
  }
  if (answer.outcome != CallOutcome::ok) co_return trade;

  switch (parse_trade_status(answer.text("trade_status"))) {
    case TradeStatus::waiting:
      trade.state = TradeState::not_paid;
      break;
    case TradeStatus::closed:
      trade.state = TradeState::closed;
      break;
    case TradeStatus::unknown:
      trade.trouble = "trade status " + answer.text("trade_status");
      break;
    case TradeStatus::paid: {
      const auto received = parse_yuan(answer.text("total_amount"));
      if (!received || answer.text("trade_no").empty()) {
        trade.trouble = "a paid trade without number or amount";
        break;
      }
      trade.state = TradeState::paid;
      trade.payment = PaymentReport{.out_trade_no = out_trade_no,
                                    .trade_no = answer.text("trade_no"),
                                    .trade_status = answer.text("trade_status"),
                                    .received = *received,
                                    .notify_id = std::nullopt};
      break;
    }
  }
  co_return trade;
}

}  // namespace order
