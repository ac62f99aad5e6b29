#include "push-service/templates.hpp"

#include <fmt/format.h>

#include "contracts/decode.hpp"
#include "contracts/events.hpp"

namespace push {
namespace {

std::string yuan(std::int64_t fen) { return fmt::format("¥{}.{:02}", fen / 100, fen % 100); }

Text tell(const contracts::OrderPaid& e, const std::string& order_no) {
  return {"order_paid", e.user_id, "付款成功 / Payment received",
          fmt::format("订单 {} 已付款 {}，正在备货。 / {} received for order {}; we are packing it.",
                      order_no, yuan(e.paid_fen), yuan(e.paid_fen), order_no),
          e.ship_to.phone};
}

Text tell(const contracts::OrderShipped& e, const std::string& order_no) {
  return {"order_shipped", e.user_id, "已发货 / Shipped",
          fmt::format("订单 {} 已由 {} 发出，单号 {}。 / Order {} left with {}, tracking {}.", order_no,
                      e.carrier, e.tracking_no, order_no, e.carrier, e.tracking_no),
          std::nullopt};
}

Text tell(const contracts::OrderClosed& e, const std::string& order_no) {
  return {"order_closed", e.user_id, "订单已关闭 / Order closed",
          fmt::format("订单 {} 未付款，已关闭。 / Order {} was not paid and is closed.", order_no, order_no),
          std::nullopt};
}

Text tell(const contracts::LatePayment& e, const std::string& order_no) {
  return {"payment_returning", e.user_id, "款项将退回 / Your money is coming back",
          fmt::format("订单 {} 的付款 {} 将自动退回。 / {} paid for order {} goes back by itself.", order_no,
                      yuan(e.paid_fen), yuan(e.paid_fen), order_no),
          std::nullopt};
}

Text tell(const contracts::PaymentRefunded& e, const std::string& order_no) {
  return {
      "payment_refunded", e.user_id, "退款完成 / Refund done",
      fmt::format("{} 已退回，退款单号 {}，订单 {}。 / {} went back, refund {}, order {}.",
                  yuan(e.refunded_fen), e.refund_no, order_no, yuan(e.refunded_fen), e.refund_no, order_no),
      std::nullopt};
}

template <class Event>
base::Result<std::optional<Text>> read_and_tell(const contracts::Envelope& envelope) {
  const auto event = contracts::read<Event>(envelope.data);
  if (!event) return event.error();
  if (event->user_id.empty()) return make_error_code(boost::system::errc::bad_message);
  return std::optional(tell(*event, envelope.order_no));
}

}  // namespace

base::Result<std::optional<Text>> text_for(const contracts::Envelope& envelope) {
  if (envelope.type == contracts::OrderPaid::kType) return read_and_tell<contracts::OrderPaid>(envelope);
  if (envelope.type == contracts::OrderShipped::kType)
    return read_and_tell<contracts::OrderShipped>(envelope);
  if (envelope.type == contracts::OrderClosed::kType) return read_and_tell<contracts::OrderClosed>(envelope);
  if (envelope.type == contracts::LatePayment::kType) return read_and_tell<contracts::LatePayment>(envelope);
  if (envelope.type == contracts::PaymentRefunded::kType)
    return read_and_tell<contracts::PaymentRefunded>(envelope);
  return std::optional<Text>();
}

}  // namespace push
