#pragma once
#include <boost/json/serialize.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "chassis/signature.hpp"
#include "chassis/testing_module.hpp"
#include "contracts/topics.hpp"
#include "sandbox/parties_fixture.hpp"
#include "warehouse-service/notice_api.hpp"
#include "warehouse-service/on_order_paid.hpp"
#include "warehouse-service/ship_requests.hpp"

namespace warehouse {

// The warehouse service's parts beside the sandbox's warehouse, which they reach over HTTP. Each test ends
// in the audit of our database and of the warehouse's own ledger.
class ShipmentsTest : public chassis::testing::ModuleTest {
 protected:
  static constexpr std::string_view kPath = "/warehouse/shipments";

  // Longer than any call takes that is answered: in most tests no answer is lost by chance.
  static constexpr std::chrono::milliseconds kPatient{30'000};

  explicit ShipmentsTest(std::chrono::milliseconds timeout = kPatient)
      : ModuleTest("warehouse-service"), timeout_(timeout) {}

  void SetUp() override {
    parties_.serve();
    notices_.add_routes(receiver_);
    receiver_.filter([this](mq::net::HttpRequest& request, std::string_view) {
      heard_.push_back(request.body);
      return deaf_ ? std::optional(mq::net::problem(503, "Nobody is here")) : std::nullopt;
    });
    notice_url_ = host_.service().serve("callbacks", receiver_, {}) + "/callbacks/warehouse";
    requests_.emplace(pool_, http_, outbox_, host_.service().clock(), host_.service().random(),
                      parties_.url(), timeout_);
    loop_.emplace(host_.service(), "ship requests", *requests_);
    on_order_paid_.emplace(pool_, *loop_, host_.service().clock(), notice_url_);
    ModuleTest::SetUp();
  }

  // From here on what is due is done. Before, a test may look at rows that stand still.
  void start_loop() {
    host_.call([this]() -> boost::asio::awaitable<void> {
      host_.service().tasks().spawn("ship requests", loop_->run());
      co_return;
    });
  }

  [[nodiscard]] std::vector<Rule> rules() const override {
    const auto doubled = [](const std::string& what, const std::string& of) {
      return Rule{what, "SELECT count(*) AS n FROM (SELECT FROM " + of + " HAVING count(*) > 1) twice"};
    };
    return {
        doubled("an order with more than one shipment", "shipment GROUP BY order_no"),
        doubled("news of a shipment told twice", "outbox GROUP BY key, tag"),
        doubled("an event in the inbox twice", "inbox GROUP BY consumer_group, event_id"),
        doubled("a notice written down twice", "notice GROUP BY notice_id"),
        {"shipments whose events have gaps",
         "SELECT count(*) AS n FROM shipment s WHERE ARRAY(SELECT (body::jsonb->>'sequence')::bigint FROM "
         "outbox WHERE key = order_no ORDER BY id) <> ARRAY(SELECT generate_series(1, version))"},
        {"shipped parcels without their number",
         "SELECT count(*) AS n FROM shipment WHERE state = 'SHIPPED' AND tracking_no IS NULL"}};
  }

  // What the warehouse itself has sent out.
  std::size_t parcels(const std::string& order_no) {
    return parties_.ledger_count("warehouse", order_no, "shipped");
  }

  static contracts::Envelope paid(const std::string& order_no) {
    return chassis::testing::event_of(order_no, chassis::testing::a_payment(), 2);
  }
  std::string state(const std::string& order_no) {
    const auto found = database_.query("SELECT state FROM shipment WHERE order_no = '" + order_no + "'");
    return found.empty() ? "" : found.front().text("state");
  }
  std::int64_t attempts(const std::string& order_no) {
    return number("SELECT attempts AS n FROM shipment WHERE order_no = '" + order_no + "'");
  }
  bool becomes(const std::string& order_no, const std::string& wanted) {
    return host_.eventually([&] { return state(order_no) == wanted; });
  }
  bool is_tried(const std::string& order_no, std::int64_t times) {
    return host_.eventually([&] { return attempts(order_no) >= times; });
  }
  // Notices of the warehouse that reached us, taken or not.
  std::size_t notices_heard(const std::string& order_no) {
    return host_.call([&]() -> boost::asio::awaitable<std::size_t> {
      co_return static_cast<std::size_t>(std::ranges::count_if(heard_, [&](const std::string& body) {
        return body.find("\"order_no\":\"" + order_no + "\"") != std::string::npos;
      }));
    });
  }
  // Types of what is told of an order, in order.
  std::vector<std::string> news(const std::string& order_no) {
    std::vector<std::string> types;
    for (const auto& event : outgoing()) {
      if (event.order_no == order_no) types.push_back(event.type);
    }
    return types;
  }

  [[nodiscard]] static std::string notice_of(const std::string& order_no, const std::string& id = "W1",
                                             const std::string& status = "SHIPPED") {
    return boost::json::serialize(boost::json::value{{"notice_id", id},
                                                     {"shipment_no", "S" + order_no},
                                                     {"order_no", order_no},
                                                     {"status", status},
                                                     {"carrier", "SF Express"},
                                                     {"tracking_no", "SF" + order_no}});
  }
  [[nodiscard]] static mq::net::HttpHeaders signed_at(const std::string& timestamp, const std::string& body,
                                                      std::string_view secret) {
    return {{"content-type", "application/json"},
            {"x-warehouse-timestamp", timestamp},
            {"x-warehouse-signature", chassis::hmac_sha256_hex(secret, timestamp + "\n" + body)}};
  }
  int notify(const std::string& body, const mq::net::HttpHeaders& headers) {
    return parties_.send("POST", notice_url_, body, headers).status;
  }
  int notify(const std::string& body) {
    const auto timestamp = std::to_string(base::to_millis(host_.now()));
    return notify(body, signed_at(timestamp, body, sandbox::TestParties::kSecret));
  }

  std::chrono::milliseconds timeout_;
  std::atomic<bool> deaf_ = false;  // notices are answered with 503
  std::vector<std::string> heard_;  // the service's thread
  sandbox::TestParties parties_{host_};
  mq::net::HttpClient http_{host_.service().executor()};
  mq::net::HttpServer receiver_{host_.service().executor(), {.body_max = NoticeApi::kBodyMax}};
  NoticeApi notices_{pool_, outbox_, host_.service().clock(), host_.service().random(),
                     std::string(sandbox::TestParties::kSecret)};
  std::string notice_url_;
  std::optional<ShipRequests> requests_;
  std::optional<chassis::DueLoop> loop_;
  std::optional<OnOrderPaid> on_order_paid_;
  chassis::testing::TestGroup group_{
      host_, std::string(contracts::group::kWarehouseShip),
      [this](contracts::Envelope e) { return (*on_order_paid_)(std::move(e)); }};
};

}  // namespace warehouse
