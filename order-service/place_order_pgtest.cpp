#include "order-service/place_order.hpp"

#include "mq/base/aio/task_group.hpp"
#include "order-service/orders_fixture.hpp"

namespace order {
namespace {

class PlaceOrderTest : public OrdersTest {
 protected:
  // `count` buyers at once, each with an order of its own; returns how many got it.
  int race(int count, const std::function<std::vector<WantedLine>(int)>& lines) {
    int created = 0;
    runner_.run([&]() -> boost::asio::awaitable<void> {
      base::TaskGroup buyers(runner_.context.get_executor());
      int left = count;
      const auto buy = [&](int i) -> boost::asio::awaitable<void> {
        const auto command = basket("RACE-" + std::to_string(i), lines(i));
        auto placed = Placed::created;
        try {
          co_await pool_.transact([&](Transaction& tx) {
            placed = place_order(tx, command, cause()).placed;
            if (placed != Placed::created) throw std::runtime_error("refused");
          });
        } catch (const std::runtime_error&) {
          EXPECT_EQ(placed, Placed::out_of_stock);
        }
        created += placed == Placed::created ? 1 : 0;
        --left;
      };
      for (int i = 0; i < count; ++i) buyers.spawn("buyer", buy(i));
      while (left > 0) co_await base::sleep_for(std::chrono::milliseconds{5});
      co_await buyers.stop();
    });
    return created;
  }
};

TEST_F(PlaceOrderTest, PricesComeFromTheCatalogueAndStockIsReserved) {
  EXPECT_EQ(place("A", {{"SKU-1001", 2}, {"SKU-1002", 1}}), Placed::created);
  EXPECT_EQ(number("SELECT total_fen AS n FROM orders"), 2 * 16800 + 5900);
  EXPECT_EQ(number("SELECT reserved AS n FROM stock WHERE sku = 'SKU-1001'"), 2);
  EXPECT_EQ(number("SELECT count(*) AS n FROM outbox"), 2) << "OrderCreated, and the deadline's reminder";
}

TEST_F(PlaceOrderTest, ARefusedLineLeavesNothingBehind) {
  EXPECT_EQ(place("A", {{"SKU-1001", 1}, {"SKU-1016", 101}}), Placed::out_of_stock);
  EXPECT_EQ(place("B", {{"SKU-0000", 1}}), Placed::sku_unknown);
  database_.execute("UPDATE order_service.product SET on_sale = false WHERE sku = 'SKU-1003'");
  EXPECT_EQ(place("C", {{"SKU-1003", 1}}), Placed::not_on_sale);
  EXPECT_EQ(number("SELECT count(*) AS n FROM orders"), 0);
  EXPECT_EQ(number("SELECT sum(reserved) AS n FROM stock"), 0);
}

TEST_F(PlaceOrderTest, AChangedPriceIsNotSlippedIn) {
  auto command = basket("A", {{"SKU-1001", 1}});
  command.expected_total = Money::of_fen(1);
  const auto outcome = transact([&](Transaction& tx) { return place_order(tx, command, cause()); });
  EXPECT_EQ(outcome.placed, Placed::price_changed);
}

TEST_F(PlaceOrderTest, TheLastUnitsGoToExactlyAsManyBuyers) {
  database_.execute("UPDATE order_service.stock SET reserved = 97 WHERE sku = 'SKU-1016'");
  database_.execute(
      "INSERT INTO order_service.orders (order_no, user_id, state, total_fen, deadline, ship_to, created_at) "
      "VALUES "
      "('EARLY', 'u', 'PENDING_PAYMENT', 0, 'infinity', '{}', 'epoch')");
  database_.execute(
      "INSERT INTO order_service.order_event VALUES ('EARLY', 1, 'OrderCreated', 'epoch', 't', '')");
  database_.execute("INSERT INTO order_service.reservation VALUES ('EARLY', 'SKU-1016', 97, 'HELD')");
  EXPECT_EQ(race(40, [](int) { return std::vector<WantedLine>{{"SKU-1016", 1}}; }), 3);
}

// Lines are sorted by SKU, so two baskets in opposite order never wait for each other.
TEST_F(PlaceOrderTest, OppositeBasketsDoNotDeadlock) {
  const auto lines = [](int) {
    return std::vector<WantedLine>{{"SKU-1001", 1}, {"SKU-1002", 1}, {"SKU-1003", 1}};
  };
  EXPECT_EQ(race(40, lines), 40);
  EXPECT_EQ(pool_.stats().retried, 0U);
}

// The control: without the condition in the statement, the database's own check still refuses.
TEST_F(PlaceOrderTest, TheDatabaseRefusesToOversell) {
  EXPECT_THROW(
      database_.execute("UPDATE order_service.stock SET reserved = on_hand + 1 WHERE sku = 'SKU-1016'"),
      chassis::SqlError);
}

}  // namespace
}  // namespace order
