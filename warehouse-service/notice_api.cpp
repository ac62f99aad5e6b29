#include "warehouse-service/notice_api.hpp"

#include <boost/describe.hpp>

#include <charconv>
#include <chrono>

#include "chassis/signature.hpp"
#include "contracts/decode.hpp"
#include "contracts/events.hpp"
#include "mq/base/log.hpp"
#include "warehouse-service/shipment_events.hpp"

namespace warehouse {

// The warehouse's own words; not a contract of ours.
struct ShippedNotice {
  std::string notice_id, shipment_no, status, carrier, tracking_no;
};
BOOST_DESCRIBE_STRUCT(ShippedNotice, (), (notice_id, shipment_no, status, carrier, tracking_no))

namespace {

using mq::net::HttpResponse;
using mq::net::problem;

constexpr std::chrono::minutes kTolerance{5};

enum class Noted { yes, unknown_shipment };

Noted note(chassis::Transaction& tx, const ShippedNotice& notice, base::Time now,
           const base::RandomSource& random) {
  if (!shipment_exists(tx, notice.shipment_no)) return Noted::unknown_shipment;
  if (!insert_notice(tx, notice.notice_id, notice.shipment_no, notice.status, now)) return Noted::yes;
  const auto changed = ship_shipment(tx, notice.shipment_no, notice.carrier, notice.tracking_no);
  if (changed) {
    publish(
        tx, *changed,
        contracts::ShipmentShipped{
            .shipment_no = notice.shipment_no, .carrier = notice.carrier, .tracking_no = notice.tracking_no},
        now, random);
  }
  return Noted::yes;
}

}  // namespace

NoticeApi::NoticeApi(chassis::Database& database, chassis::Outbox& outbox, const base::Clock& clock,
                     base::RandomSource random, std::string secret)
    : database_(database),
      outbox_(outbox),
      clock_(clock),
      random_(std::move(random)),
      secret_(std::move(secret)) {}

void NoticeApi::add_routes(mq::net::HttpServer& server) {
  server.route("POST", "/callbacks/warehouse",
               [this](mq::net::HttpRequest r) { return on_notice(std::move(r)); });
}

bool NoticeApi::is_genuine(const mq::net::HttpRequest& request) const {
  const std::string timestamp(request.header("x-warehouse-timestamp"));
  std::int64_t sent_ms = 0;
  const auto [end, error] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), sent_ms);
  if (error != std::errc{} || end != timestamp.data() + timestamp.size()) return false;
  const auto now_ms = base::to_millis(clock_.now());
  const auto tolerance = std::chrono::milliseconds(kTolerance).count();
  if (sent_ms < now_ms - tolerance || sent_ms > now_ms + tolerance) return false;
  return chassis::equal_in_constant_time(chassis::hmac_sha256_hex(secret_, timestamp + "\n" + request.body),
                                         request.header("x-warehouse-signature"));
}

boost::asio::awaitable<HttpResponse> NoticeApi::on_notice(mq::net::HttpRequest request) {
  if (!is_genuine(request)) {
    base::log("notice")->warn("notice with a wrong signature or an old timestamp remote={}", request.remote);
    co_return problem(401, "The signature does not fit");
  }
  const auto notice = contracts::decode<ShippedNotice>(request.body);
  if (!notice || notice->notice_id.empty()) co_return problem(400, "Not a notice");
  if (notice->status != "SHIPPED") {
    base::log("notice")->error("notice with an unknown status shipment_no={} status={}",
                               base::log_quoted(notice->shipment_no), base::log_quoted(notice->status));
    co_return problem(422, "Unknown status", notice->status);
  }
  auto noted = Noted::yes;
  try {
    noted = co_await database_.transact(
        [&, now = clock_.now()](chassis::Transaction& tx) { return note(tx, *notice, now, random_); });
  } catch (const chassis::SqlError& e) {
    if (!e.data_exception()) throw;
    co_return problem(422, "A value that no column can hold");
  }
  if (noted == Noted::unknown_shipment) co_return problem(404, "No such shipment");
  outbox_.wake();
  co_return HttpResponse{.status = 204, .headers = {}, .body = {}};
}

}  // namespace warehouse
