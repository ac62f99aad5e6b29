#include <algorithm>
#include <map>
#include <set>

#include "contracts/envelope.hpp"
#include "contracts/topics.hpp"
#include "order-service/refunds_fixture.hpp"

// What an order's rows say must have reached the queue, whatever became of the process between the
// commit and the send.
namespace order {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OutboxAuditTest : public RefundsTest {
 protected:
  // A process' relay, until nothing is left to send. `misbehave` may throw, as a broker out of reach does.
  using Misbehave = std::function<void(const chassis::OutgoingMessage&)>;
  Void run_relay(Misbehave misbehave, std::size_t at_most) {
    const auto before = queue_.size();
    chassis::Outbox relay(pool_, [this, misbehave](chassis::OutgoingMessage message) -> Void {
      co_await base::sleep_for(std::chrono::milliseconds{1});
      queue_.push_back(message);
      if (misbehave) misbehave(message);
    });
    base::TaskGroup process(executor());
    process.spawn("relay", relay.run());
    relay.wake();
    while (relay.stats().unsent > 0 && queue_.size() < before + at_most) {
      co_await base::sleep_for(std::chrono::milliseconds{1});
    }
    co_await process.stop();
  }
  void relay(Misbehave misbehave = {}, std::size_t at_most = 1'000'000) {
    runner_.run([&]() -> Void { co_await run_relay(std::move(misbehave), at_most); });
  }

  // The orders' timelines against what is in the queue, as sentences.
  std::vector<std::string> audit() {
    std::map<std::string, std::map<std::int64_t, std::string>> in_queue;
    std::set<std::string> reminded;
    std::vector<std::string> wrong;
    for (const auto& message : queue_) {
      const auto envelope = contracts::decode_envelope(message.body);
      if (!envelope) {
        wrong.push_back("a message nobody can read");
      } else if (message.topic == contracts::topic::kOrderTimeout) {
        reminded.insert(envelope->order_no);
      } else {
        in_queue[envelope->order_no][envelope->sequence] = envelope->type;
      }
    }
    for (const auto& row : database_.query("SELECT * FROM order_event ORDER BY order_no, sequence").rows) {
      auto& of_order = in_queue[row.text("order_no")];
      const auto found = of_order.extract(row.integer("sequence"));
      if (found.empty() || found.mapped() != row.text("type")) {
        wrong.push_back(row.text("order_no") + ": " + row.text("type") + " is missing in the queue");
      }
    }
    for (const auto& [order_no, left] : in_queue) {
      for (const auto& [sequence, type] : left) wrong.push_back(order_no + ": " + type + " never happened");
    }
    for (const auto& row : database_.query("SELECT order_no FROM orders").rows) {
      if (!reminded.contains(row.text("order_no"))) wrong.push_back(row.text("order_no") + ": no deadline");
    }
    return wrong;
  }
  // The first message of each event, per order, comes in the order of the events.
  bool in_order() const {
    std::map<std::string, std::int64_t> last;
    for (const auto& message : queue_) {
      if (message.topic != contracts::topic::kOrderEvents) continue;
      const auto envelope = contracts::decode_envelope(message.body);
      auto& seen = last[envelope->order_no];
      if (envelope->sequence > seen + 1) return false;
      seen = std::max(seen, envelope->sequence);
    }
    return true;
  }

  // One order paid, one closed by its buyer, one paid too late and refunded.
  void a_days_business() {
    late_payment();
    EXPECT_EQ(work(), 1);
    ASSERT_EQ(place("B", {{"SKU-1002", 1}}), Placed::created);
    buyer_pays(open_trade("B"));
    EXPECT_EQ(notification_arrives("B-1"), Recorded::order_paid);
    ASSERT_EQ(place("C", {{"SKU-1003", 1}}), Placed::created);
    EXPECT_EQ(close("C", Event::cancelled_by_user), Closed::closed);
  }

  // The protection taken away: the state changes, its event's row is gone.
  void lose_outbox_rows(const std::string& condition) {
    database_.execute(
        "CREATE FUNCTION order_service.lose() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM order_service.outbox WHERE id = NEW.id; RETURN NULL; END $$");
    database_.execute("CREATE TRIGGER lose AFTER INSERT ON order_service.outbox FOR EACH ROW WHEN (" +
                      condition + ") EXECUTE FUNCTION order_service.lose()");
  }

  std::vector<chassis::OutgoingMessage> queue_;
};

TEST_F(OutboxAuditTest, EveryEventReachesTheQueue) {
  a_days_business();
  relay();
  EXPECT_THAT(audit(), IsEmpty());
  EXPECT_TRUE(in_order());
  EXPECT_EQ(queue_.size(), 11U) << "three deadlines, four events of A, two of B, two of C";
  EXPECT_EQ(number("SELECT count(*) AS n FROM outbox"), 0);
}

TEST_F(OutboxAuditTest, ABrokerThatFailsEveryOtherTimeDelaysAndLosesNothing) {
  a_days_business();
  int calls = 0;
  relay([&](const chassis::OutgoingMessage&) {
    if (++calls % 2 == 1)
      throw std::runtime_error("no broker, or it took the message and the answer was lost");
  });
  EXPECT_THAT(audit(), IsEmpty());
  EXPECT_TRUE(in_order());
}

TEST_F(OutboxAuditTest, ARelayKilledAfterEveryMessageGoesOn) {
  a_days_business();
  while (number("SELECT count(*) AS n FROM outbox") > 0) relay({}, 1);
  EXPECT_THAT(audit(), IsEmpty());
  EXPECT_TRUE(in_order());
}

// The controls: what the audit has to notice, it notices.
TEST_F(OutboxAuditTest, APaidOrderWithoutItsEventIsNoticed) {
  lose_outbox_rows("NEW.tag = 'OrderPaid'");
  a_days_business();
  relay();
  EXPECT_EQ(state_of("B"), State::paid);
  EXPECT_THAT(audit(), ElementsAre("B: OrderPaid is missing in the queue"));
  EXPECT_TRUE(in_order());
}

TEST_F(OutboxAuditTest, AnOrderWithoutItsDeadlineIsNoticed) {
  lose_outbox_rows("NEW.topic = 'order-timeout'");
  a_days_business();
  relay();
  EXPECT_THAT(audit(), ElementsAre("B: no deadline", "C: no deadline"));
}

TEST_F(OutboxAuditTest, AnEventOfWhatDidNotHappenIsNoticed) {
  a_days_business();
  database_.execute(
      "INSERT INTO order_service.outbox (topic, tag, key, body, created_real) SELECT topic, tag, key, "
      "replace(body, '\"sequence\":2', '\"sequence\":3'), created_real FROM order_service.outbox "
      "WHERE tag = 'OrderPaid'");
  relay();
  EXPECT_THAT(audit(), ElementsAre("B: OrderPaid never happened"));
}

TEST_F(OutboxAuditTest, EventsTheWrongWayRoundAreNoticed) {
  a_days_business();
  relay();
  std::ranges::reverse(queue_);
  EXPECT_FALSE(in_order());
}

}  // namespace
}  // namespace order
