#pragma once
#include <optional>
#include <string>
#include <vector>

#include "chassis/testing_module.hpp"
#include "contracts/topics.hpp"
#include "push-service/on_order_event.hpp"
#include "push-service/provider.hpp"
#include "push-service/sender.hpp"
#include "sandbox/parties_fixture.hpp"

namespace push {

// The push service's parts beside the sandbox's provider, which they reach over HTTP. Each test ends in
// the audit of our database.
class PushesTest : public chassis::testing::ModuleTest {
 protected:
  // Longer than any call takes that is answered: in most tests no answer is lost by chance.
  static constexpr std::chrono::milliseconds kPatient{30'000};

  explicit PushesTest(std::chrono::milliseconds timeout = kPatient)
      : ModuleTest("push-service"), timeout_(timeout) {}

  void SetUp() override {
    parties_.serve();
    provider_.emplace(http_, parties_.url(), timeout_);
    sender_.emplace(pool_, *provider_, outbox_, host_.service().clock(), host_.service().random());
    loop_.emplace(host_.service(), "sender", *sender_);
    on_order_event_.emplace(pool_, *loop_, host_.service().clock());
    ModuleTest::SetUp();
  }

  // From here on what is due is done. Before, a test may look at rows that stand still.
  void start_loop() {
    host_.call([this]() -> boost::asio::awaitable<void> {
      host_.service().tasks().spawn("sender", loop_->run());
      co_return;
    });
  }

  [[nodiscard]] std::vector<Rule> rules() const override {
    const auto doubled = [](const std::string& what, const std::string& of) {
      return Rule{what, "SELECT count(*) AS n FROM (SELECT FROM " + of + " HAVING count(*) > 1) twice"};
    };
    const std::string news =
        "(SELECT key, body::jsonb->'data'->>'template_name' AS template FROM outbox) news";
    return {
        doubled("an order with the same push twice", "push GROUP BY order_no, template"),
        doubled("a push told twice", news + " GROUP BY key, template"),
        doubled("an event in the inbox twice", "inbox GROUP BY consumer_group, event_id"),
        {"pushes sent without their event, or events without their push",
         "SELECT abs((SELECT count(*) FROM push WHERE state = 'SENT') - (SELECT count(*) FROM outbox)) AS n"},
        {"orders whose push events have gaps",
         "SELECT count(*) AS n FROM (SELECT key, array_agg((body::jsonb->>'sequence')::bigint ORDER BY id) "
         "AS seen FROM outbox GROUP BY key) told "
         "WHERE seen <> ARRAY(SELECT generate_series(1, cardinality(seen)))::bigint[]"}};
  }

  static contracts::Envelope paid(const std::string& order_no, const std::string& user_id = "buyer") {
    auto data = chassis::testing::a_payment();
    data.user_id = user_id;
    return chassis::testing::event_of(order_no, data, 2);
  }
  static contracts::Envelope shipped(const std::string& order_no, const std::string& user_id = "buyer") {
    return chassis::testing::event_of(order_no, contracts::OrderShipped{user_id, "SF Express", "SF1"}, 4);
  }
  // State of the push of an order, "" when there is none.
  std::string state(const std::string& message_id) {
    const auto found = database_.query("SELECT state FROM push WHERE message_id = '" + message_id + "'");
    return found.empty() ? "" : found.front().text("state");
  }
  std::string text(const std::string& column, const std::string& message_id) {
    const auto found =
        database_.query("SELECT " + column + " FROM push WHERE message_id = '" + message_id + "'");
    return found.front().maybe_text(column).value_or("");
  }
  std::int64_t attempts(const std::string& message_id) {
    return number("SELECT attempts AS n FROM push WHERE message_id = '" + message_id + "'");
  }
  bool becomes(const std::string& message_id, const std::string& wanted) {
    return host_.eventually([&] { return state(message_id) == wanted; });
  }
  bool is_tried(const std::string& message_id, std::int64_t times) {
    return host_.eventually([&] { return attempts(message_id) >= times; });
  }
  // How often buyers heard a message, by device and by text message, in the provider's own book.
  std::size_t heard(const std::string& message_id) {
    return parties_.ledger("push", message_id).size() + parties_.ledger("sms", message_id).size();
  }

  std::chrono::milliseconds timeout_;
  sandbox::TestParties parties_{host_};
  mq::net::HttpClient http_{host_.service().executor()};
  std::optional<Provider> provider_;
  std::optional<Sender> sender_;
  std::optional<chassis::DueLoop> loop_;
  std::optional<OnOrderEvent> on_order_event_;
  chassis::testing::TestGroup group_{
      host_, std::string(contracts::group::kPushNotify),
      [this](contracts::Envelope e) { return (*on_order_event_)(std::move(e)); }};
};

}  // namespace push
