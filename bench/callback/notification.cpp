#include "bench/callback/notification.hpp"

#include <map>

#include "sandbox/channel_text.hpp"
#include "sandbox/gateway.hpp"
#include "sandbox/trade_book.hpp"

namespace bench {

std::string paid_notification(const Unpaid& order, const chassis::RsaPrivateKey& gateway_key,
                              base::Time now) {
  const sandbox::GatewayConfig merchant;
  const auto at = sandbox::format_channel_time(now);
  const auto amount = sandbox::format_amount(order.total_fen);
  std::map<std::string, std::string> form{{"notify_time", at},
                                          {"notify_type", "trade_status_sync"},
                                          {"notify_id", "N" + order.out_trade_no},
                                          {"app_id", merchant.app_id},
                                          {"charset", "utf-8"},
                                          {"version", "1.0"},
                                          {"sign_type", "RSA2"},
                                          {"trade_no", "T" + order.out_trade_no},
                                          {"out_trade_no", order.out_trade_no},
                                          {"seller_id", merchant.seller_id},
                                          {"buyer_id", "2088000000000002"},
                                          {"trade_status", "TRADE_SUCCESS"},
                                          {"total_amount", amount},
                                          {"receipt_amount", amount},
                                          {"gmt_payment", at},
                                          {"subject", order.order_no}};
  form["sign"] = gateway_key.sign(sandbox::text_to_sign(form, "sign", "sign_type"));
  return sandbox::encode_form(form);
}

}  // namespace bench
