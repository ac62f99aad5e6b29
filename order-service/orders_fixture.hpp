#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "chassis/testing_pool.hpp"
#include "mq/base/aio/task_group.hpp"
#include "order-service/place_order.hpp"
#include "order-service/record_payment.hpp"

namespace order {

// Words the order tests are written in: a database of their own with the seeded catalogue, buyers that
// place orders, a gateway that reports money. Every test ends in the invariants of the order system.
class OrdersTest : public ::testing::Test {
 protected:
  using Transaction = chassis::Transaction;

  static constexpr std::int64_t kNow = 1'772'355'723'000;

  template <class Body>
  auto transact(Body body) {
    using Value = std::invoke_result_t<Body, Transaction&>;
    std::optional<Value> value;
    runner_.run(
        [&]() -> boost::asio::awaitable<void> { value.emplace(co_await pool_.transact(std::move(body))); });
    return *std::move(value);
  }

  [[nodiscard]] virtual base::Time now() const { return base::from_millis(kNow); }
  [[nodiscard]] Cause cause(std::int64_t later_ms = 0) const {
    return {.now = now() + std::chrono::milliseconds{later_ms},
            .actor = "test",
            .traceparent = {},
            .random = random_};
  }

  [[nodiscard]] PlaceOrderCommand basket(std::string order_no, std::vector<WantedLine> lines) const {
    PlaceOrderCommand command;
    command.order_no = std::move(order_no);
    command.user_id = "buyer";
    command.lines = std::move(lines);
    command.ship_to = {"王小明", "13800000000", "杭州", "文三路 1 号"};
    command.deadline = cause().now + std::chrono::hours{24};
    return command;
  }

  // Rolls back on a refusal, as the API's savepoint does.
  Placed place(const std::string& order_no, std::vector<WantedLine> lines) {
    auto placed = Placed::created;
    try {
      transact([&](Transaction& tx) {
        placed = place_order(tx, basket(order_no, lines), cause()).placed;
        if (placed != Placed::created) throw std::runtime_error("refused");
        return true;
      });
    } catch (const std::runtime_error&) {
      EXPECT_NE(placed, Placed::created);
    }
    return placed;
  }

  // An open attempt of an order, as start_payment leaves it.
  std::string start_attempt(const std::string& order_no, std::int64_t number = 1) {
    const auto out_trade_no = order_no + "-" + std::to_string(number);
    transact([&](Transaction& tx) {
      Attempt attempt;
      attempt.out_trade_no = out_trade_no;
      attempt.order_no = order_no;
      attempt.attempt_no = number;
      attempt.channel = "alipay";
      attempt.amount = find_order(tx, order_no)->total;
      attempt.expires_at = cause().now + std::chrono::hours{23};
      insert_attempt(tx, attempt, cause().now);
      open_attempt_at_gateway(tx, out_trade_no, "http://pay", cause().now + std::chrono::seconds{10});
      return true;
    });
    return out_trade_no;
  }

  PaymentReport report(const std::string& out_trade_no, std::string notify_id) {
    const auto amount = transact([&](Transaction& tx) { return find_attempt(tx, out_trade_no)->amount; });
    return {.out_trade_no = out_trade_no,
            .trade_no = "T" + out_trade_no,
            .trade_status = "TRADE_SUCCESS",
            .received = amount,
            .notify_id = std::move(notify_id)};
  }

  Recorded pay(const PaymentReport& money) {
    return transact([&](Transaction& tx) { return record_payment(tx, money, cause(1000)); });
  }

  State state_of(const std::string& order_no) {
    return transact([&](Transaction& tx) { return find_order(tx, order_no)->state; });
  }

  std::int64_t number(const std::string& sql) { return database_.number(sql); }

  // `count` coroutines at the same time, until all have ended.
  void run_at_once(int count, const std::function<boost::asio::awaitable<void>(int)>& body) {
    runner_.run([&]() -> boost::asio::awaitable<void> {
      base::TaskGroup group(runner_.context.get_executor());
      int left = count;
      const auto one = [&](int i) -> boost::asio::awaitable<void> {
        try {
          co_await body(i);
        } catch (const std::exception& e) {
          ADD_FAILURE() << i << ": " << e.what();
        }
        --left;
      };
      for (int i = 0; i < count; ++i) group.spawn("one of many", one(i));
      while (left > 0) co_await base::sleep_for(std::chrono::milliseconds{5});
      co_await group.stop();
    });
  }

  void TearDown() override { EXPECT_THAT(broken_invariants(), ::testing::IsEmpty()); }

  // What the database holds that must not be (domain rules I1-I3, I6-I8, I12). Each query counts.
  std::vector<std::string> broken_invariants() {
    std::vector<std::string> broken;
    for (const auto& [what, sql] : std::vector<std::pair<std::string, std::string>>{
             {"stock that is not where it was put",
              "SELECT count(*) AS n FROM stock WHERE on_hand + sold <> CASE sku WHEN 'SKU-1016' THEN 100 "
              "ELSE 100000 END"},
             {"reserved stock without its reservations",
              "SELECT count(*) AS n FROM stock s WHERE reserved <> (SELECT coalesce(sum(quantity), 0) FROM "
              "reservation r WHERE r.sku = s.sku AND r.state = 'HELD')"},
             {"reservations held by orders that ended",
              "SELECT count(*) AS n FROM reservation JOIN orders o USING (order_no) WHERE reservation.state "
              "= 'HELD' "
              "AND o.state <> 'PENDING_PAYMENT'"},
             {"paid orders without their money",
              "SELECT count(*) AS n FROM orders o WHERE state IN ('PAID', 'FULFILLING', 'SHIPPED') AND NOT "
              "EXISTS "
              "(SELECT FROM payment p WHERE p.order_no = o.order_no AND kind = 'ORDER' AND amount_fen = "
              "total_fen)"},
             {"money that neither pays nor goes back",
              "SELECT count(*) AS n FROM payment p WHERE kind <> 'ORDER' AND NOT EXISTS "
              "(SELECT FROM refund r WHERE r.trade_no = p.trade_no AND r.amount_fen = p.amount_fen)"},
             {"orders whose events have gaps",
              "SELECT count(*) AS n FROM orders o WHERE version <> (SELECT count(*) FROM order_event e WHERE "
              "e.order_no = o.order_no) OR version <> (SELECT max(sequence) FROM order_event e WHERE "
              "e.order_no = "
              "o.order_no)"}}) {
      if (number(sql) != 0) broken.push_back(what);
    }
    return broken;
  }

  chassis::testing::TestDatabase database_{
      "order_service", chassis::read_migrations(chassis::built_in_migrations("order-service"))};
  chassis::testing::Runner runner_;
  chassis::Database pool_{runner_.context.get_executor(), [this] {
                            auto options = database_.options();
                            options.connections = 8;
                            return options;
                          }()};
  base::RandomSource random_ = base::system_random();
};

}  // namespace order
