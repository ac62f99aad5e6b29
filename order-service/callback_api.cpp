#include "order-service/callback_api.hpp"

#include "mq/base/log.hpp"
#include "order-service/domain/alipay_message.hpp"
#include "order-service/record_payment.hpp"

namespace order {
namespace {

using mq::net::HttpResponse;

HttpResponse success() { return mq::net::text_response(200, "success"); }
HttpResponse failure(int status) { return mq::net::text_response(status, "failure"); }

std::string_view name(Recorded recorded) {
  switch (recorded) {
    case Recorded::order_paid:
      return "paid";
    case Recorded::late_payment:
      return "late";
    case Recorded::duplicate_payment:
      return "duplicate_payment";
    case Recorded::mismatch:
      return "mismatch";
    case Recorded::repeated:
      return "repeated";
    case Recorded::trade_unknown:
      return "trade_unknown";
  }
  return "unknown";
}

// A notification that is genuine but not about our money: kept for a person, and acknowledged, since
// the gateway cannot mend it by sending it again.
void keep_for_a_person(chassis::Transaction& tx, const Notification& n, std::string_view what,
                       base::Time now) {
  // A repeat finds both rows; an id that was seen with a harmless status finds only the first.
  insert_notify(tx, n.notify_id, n.out_trade_no, n.trade_status, "ANOMALY", now);
  insert_anomaly(tx, n.notify_id, n.out_trade_no, what, now);
}

}  // namespace

CallbackApi::CallbackApi(chassis::Database& database, chassis::Outbox& outbox, AlipayGateway& gateway,
                         chassis::Metrics& metrics, const base::Clock& clock, base::RandomSource random,
                         chassis::Expect refund_at)
    : database_(database),
      outbox_(outbox),
      gateway_(gateway),
      metrics_(metrics),
      clock_(clock),
      random_(std::move(random)),
      refund_at_(std::move(refund_at)) {}

void CallbackApi::add_routes(mq::net::HttpServer& server) {
  server.route("POST", "/callbacks/alipay",
               [this](mq::net::HttpRequest r) { return on_alipay(std::move(r)); });
}

HttpResponse CallbackApi::counted(std::string_view outcome, HttpResponse response) {
  metrics_.count("payment_notifications_total", "Payment notifications by outcome",
                 {{"channel", "alipay"}, {"outcome", std::string(outcome)}});
  return response;
}

boost::asio::awaitable<HttpResponse> CallbackApi::on_alipay(mq::net::HttpRequest request) {
  const auto form = mq::net::parse_form(request.body);
  const auto sign = form.find("sign");
  const auto sign_type = form.find("sign_type");
  if (sign == form.end() || sign_type == form.end() || sign_type->second != "RSA2" ||
      !gateway_.gateway_key().verify(notification_text(form), sign->second)) {
    base::log("callback")->warn("notification with a wrong signature remote={}", request.remote);
    co_return counted("bad_signature", failure(401));
  }
  const auto n = parse_notification(form);
  if (!n) co_return counted("malformed", failure(400));

  const auto now = clock_.now();
  const auto& config = gateway_.config();
  if (n->app_id != config.app_id || n->seller_id != config.seller_id) {
    const auto what =
        n->app_id != config.app_id ? "another app: " + n->app_id : "another seller: " + n->seller_id;
    co_await database_.transact([&](chassis::Transaction& tx) { keep_for_a_person(tx, *n, what, now); });
    base::log("callback")
        ->error("notification for somebody else out_trade_no={} what=\"{}\"", n->out_trade_no, what);
    co_return counted("not_ours", success());
  }

  const auto status = parse_trade_status(n->trade_status);
  const bool paid = status == TradeStatus::paid;
  if (!paid || n->total == Money()) {
    co_await database_.transact([&](chassis::Transaction& tx) {
      if (paid || status == TradeStatus::unknown) {
        keep_for_a_person(tx, *n, "trade status " + n->trade_status + " of " + to_yuan(n->total), now);
      } else {
        insert_notify(tx, n->notify_id, n->out_trade_no, n->trade_status, "NO_MONEY", now);
      }
    });
    co_return counted("no_money", success());
  }

  const PaymentReport report{.out_trade_no = n->out_trade_no,
                             .trade_no = n->trade_no,
                             .trade_status = n->trade_status,
                             .received = n->total,
                             .notify_id = n->notify_id};
  const Cause cause{.now = now, .actor = "gateway", .traceparent = {}, .random = random_};
  const auto recorded = co_await database_.transact(
      [&](chassis::Transaction& tx) { return record_payment(tx, report, cause); });
  // Not known, or not visible yet: the gateway sends it again.
  if (recorded == Recorded::trade_unknown) co_return counted(name(recorded), failure(404));
  outbox_.wake();
  if (goes_back(recorded)) refund_at_(now);
  if (recorded == Recorded::mismatch) {
    base::log("callback")->error("the amount is not what was asked for out_trade_no={}", n->out_trade_no);
  }
  co_return counted(name(recorded), success());
}

}  // namespace order
