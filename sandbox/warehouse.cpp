#include "sandbox/warehouse.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <array>

#include "chassis/signature.hpp"
#include "contracts/json_field.hpp"
#include "mq/base/aio/task_group.hpp"
#include "mq/base/log.hpp"

namespace sandbox {
namespace {

namespace json = boost::json;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
constexpr std::array<milliseconds, 9> kNoticePauses = {
    seconds{10}, seconds{30}, minutes{1}, minutes{5}, minutes{10}, minutes{30}, hours{1}, hours{2}, hours{6}};
constexpr std::string_view kCarrier = "SF Express";

using contracts::text;

bool has_lines(const json::object& request) {
  const auto* lines = request.if_contains("lines");
  return lines != nullptr && lines->is_array() && !lines->get_array().empty();
}

}  // namespace

Warehouse::Warehouse(chassis::Service& service, mq::net::HttpClient& http, Faults& faults,
                     const std::filesystem::path& folder, std::string secret,
                     std::chrono::milliseconds ship_after)
    : service_(service),
      http_(http),
      faults_(faults),
      secret_(std::move(secret)),
      ship_after_(ship_after),
      ledger_(folder / "warehouse.jsonl", [this](const json::object& entry) { apply(entry); }),
      shipping_(
          service.clock(), {}, [this](std::string no) { return ship(std::move(no)); },
          [](const std::string&, bool) {}),
      notices_(
          service.clock(), kNoticePauses, [this](std::string no) { return send_notice(std::move(no)); },
          [this](const std::string& no, bool taken) {
            record({{"type", "notice_ended"},
                    {"shipment_no", no},
                    {"order_no", shipments_.at(no).order_no},
                    {"taken", taken}});
          }),
      shipping_loop_(service, "warehouse shipping", shipping_),
      notice_loop_(service, "warehouse notices", notices_) {
  const auto now = service.clock().now();
  for (const auto& [number, shipment] : shipments_) {
    if (!shipment.shipped) shipping_.owe(number, now);
    if (shipment.shipped && !shipment.notice_ended) notices_.owe(number, now);
  }
}

boost::asio::awaitable<void> Warehouse::run() {
  service_.tasks().spawn("warehouse notices", notice_loop_.run());
  co_await shipping_loop_.run();
}

void Warehouse::record(json::object entry) {
  entry["at_ms"] = base::to_millis(service_.clock().now());
  ledger_.append(entry);
  apply(entry);
}

void Warehouse::apply(const json::object& entry) {
  const auto type = text(entry, "type");
  auto& shipment = shipments_[text(entry, "shipment_no")];
  if (type == "accepted") {
    shipment.order_no = text(entry, "order_no");
    shipment.request = text(entry, "request");
    shipment.notice_url = text(entry, "notice_url");
  } else if (type == "shipped") {
    shipment.shipped = true;
    shipment.tracking_no = text(entry, "tracking_no");
  } else if (type == "notice_ended") {
    shipment.notice_ended = true;
  }
  entries_[shipment.order_no].push_back(entry);
}

void Warehouse::add_routes(mq::net::HttpServer& server) {
  server.route("POST", "/warehouse/shipments",
               faults_.struck("warehouse", mq::net::problem(503, "The warehouse is closed"),
                              [this](Request r) { return on_request(std::move(r)); }));
  server.route("GET", "/warehouse/shipments/{shipment_no}", [this](Request r) { return show(std::move(r)); });
  server.route("GET", "/ledger/warehouse", [this](Request r) { return show_ledger(std::move(r)); });
}

boost::asio::awaitable<mq::net::HttpResponse> Warehouse::on_request(Request request) {
  boost::system::error_code error;
  const auto body = json::parse(request.body, error);
  if (error || !body.is_object()) co_return mq::net::problem(400, "Not a JSON object");
  const auto& wanted = body.get_object();
  const auto shipment_no = text(wanted, "shipment_no");
  if (shipment_no.empty() || text(wanted, "order_no").empty() || text(wanted, "notice_url").empty() ||
      !has_lines(wanted)) {
    co_return mq::net::problem(422, "shipment_no, order_no, notice_url and lines are needed");
  }
  const auto known = shipments_.find(shipment_no);
  if (known == shipments_.end()) {
    record({{"type", "accepted"},
            {"shipment_no", shipment_no},
            {"order_no", text(wanted, "order_no")},
            {"notice_url", text(wanted, "notice_url")},
            {"request", request.body}});
    shipping_.owe(shipment_no, service_.clock().now() + ship_after_);
    shipping_loop_.wake();
  } else if (known->second.request != request.body) {
    co_return mq::net::problem(409, "The shipment number is taken", "by a request with other content");
  }
  const json::object accepted{{"shipment_no", shipment_no}, {"status", "ACCEPTED"}};
  co_return mq::net::json_response(202, json::serialize(accepted));
}

boost::asio::awaitable<bool> Warehouse::ship(std::string shipment_no) {
  record({{"type", "shipped"},
          {"shipment_no", shipment_no},
          {"order_no", shipments_.at(shipment_no).order_no},
          {"tracking_no", "SF" + shipment_no.substr(1)}});
  notices_.owe(shipment_no, service_.clock().now());
  notice_loop_.wake();
  co_return true;
}

boost::asio::awaitable<bool> Warehouse::send_notice(std::string shipment_no) {
  const auto& shipment = shipments_.at(shipment_no);
  const auto now_ms = base::to_millis(service_.clock().now());
  auto body = json::serialize(json::object{{"notice_id", "W" + shipment_no},
                                           {"shipment_no", shipment_no},
                                           {"order_no", shipment.order_no},
                                           {"status", "SHIPPED"},
                                           {"carrier", kCarrier},
                                           {"tracking_no", shipment.tracking_no},
                                           {"shipped_at", now_ms}});
  const auto timestamp = std::to_string(now_ms);
  mq::net::HttpHeaders headers{
      {"content-type", "application/json"},
      {"x-warehouse-timestamp", timestamp},
      {"x-warehouse-signature", chassis::hmac_sha256_hex(secret_, timestamp + "\n" + body)}};
  std::string trouble;
  try {
    const auto response = co_await http_.send("POST", shipment.notice_url, std::move(headers),
                                              std::move(body), base::deadline_in(std::chrono::seconds{5}));
    if (response.status / 100 == 2) co_return true;
    trouble = "answer " + std::to_string(response.status);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    trouble = e.what();
  }
  base::log("warehouse")->info("notice not taken shipment_no={} reason=\"{}\"", shipment_no, trouble);
  co_return false;
}

boost::asio::awaitable<mq::net::HttpResponse> Warehouse::show(Request request) {
  const auto shipment_no = request.params.at("shipment_no");
  const auto found = shipments_.find(shipment_no);
  if (found == shipments_.end()) co_return mq::net::problem(404, "No such shipment");
  co_return mq::net::json_response(
      200, json::serialize(json::object{{"shipment_no", shipment_no},
                                        {"order_no", found->second.order_no},
                                        {"status", found->second.shipped ? "SHIPPED" : "ACCEPTED"},
                                        {"tracking_no", found->second.tracking_no}}));
}

boost::asio::awaitable<mq::net::HttpResponse> Warehouse::show_ledger(Request request) {
  const auto order_no = request.query.find("order_no");
  if (order_no == request.query.end()) co_return mq::net::problem(400, "Say which", "?order_no=…");
  json::array entries;
  if (const auto found = entries_.find(order_no->second); found != entries_.end()) {
    for (const auto& entry : found->second) entries.push_back(entry);
  }
  co_return mq::net::json_response(200, json::serialize(json::object{{"entries", std::move(entries)}}));
}

}  // namespace sandbox
