#pragma once
#include <string>
#include <vector>

#include "chassis/testing_module.hpp"
#include "contracts/topics.hpp"
#include "coupon-service/on_order_paid.hpp"

namespace coupon {

// Words the reward tests are written in: the group coupon-grant, and what its database must never hold.
class RewardsTest : public chassis::testing::ModuleTest {
 protected:
  static constexpr std::int64_t kBudget = 1'000'000;  // of the migration

  RewardsTest() : ModuleTest("coupon-service") {}

  [[nodiscard]] std::vector<Rule> rules() const override {
    const auto doubled = [](const std::string& what, const std::string& of) {
      return Rule{what, "SELECT count(*) AS n FROM (SELECT FROM " + of + " HAVING count(*) > 1) twice"};
    };
    const std::string news = "(SELECT key, body::jsonb->'data'->>'kind' AS kind FROM outbox) news";
    return {
        doubled("an order with more than one coupon", "coupon GROUP BY order_no, campaign_id"),
        doubled("an order with its points twice", "points_entry GROUP BY order_no, kind"),
        doubled("an order with more than one red packet", "red_packet GROUP BY order_no"),
        doubled("a reward told twice", news + " GROUP BY key, kind"),
        doubled("an event in the inbox twice", "inbox GROUP BY consumer_group, event_id"),
        {"rewards without their event, or events without their reward",
         "SELECT abs((SELECT count(*) FROM coupon) + (SELECT count(*) FROM points_entry) + "
         "(SELECT count(*) FROM red_packet) - (SELECT count(*) FROM outbox)) AS n"},
        {"coupons that the budget does not know of",
         "SELECT abs(" + std::to_string(budget_) +
             " - (SELECT count(*) FROM coupon) - (SELECT budget FROM campaign)) AS n"},
        {"orders whose reward events have gaps",
         "SELECT count(*) AS n FROM (SELECT key, array_agg((body::jsonb->>'sequence')::bigint ORDER BY id) "
         "AS seen FROM outbox GROUP BY key) told "
         "WHERE seen <> ARRAY(SELECT generate_series(1, cardinality(seen)))::bigint[]"}};
  }

  void set_budget(std::int64_t coupons) {
    budget_ = coupons;
    database_.execute("UPDATE campaign SET budget = " + std::to_string(coupons));
  }

  static contracts::Envelope paid(const std::string& order_no, std::int64_t fen = 12'345) {
    return chassis::testing::event_of(order_no, chassis::testing::a_payment(fen), 2);
  }

  // Coupons, points entries and red packets of an order, and the events that tell of them.
  struct Earned {
    std::int64_t coupons = 0, points = 0, red_packets = 0, told = 0;
    bool operator==(const Earned&) const = default;
  };
  static constexpr Earned kEachOnce{1, 1, 1, 3};
  Earned earned(const std::string& order_no) {
    const auto of = " WHERE order_no = '" + order_no + "'";
    return {count("coupon" + of), count("points_entry" + of), count("red_packet" + of),
            count("outbox WHERE key = '" + order_no + "'")};
  }

  OnOrderPaid on_order_paid_{pool_, outbox_, host_.service().clock(), host_.service().random()};
  chassis::testing::TestGroup group_{host_, std::string(contracts::group::kCouponGrant),
                                     [this](contracts::Envelope e) { return on_order_paid_(std::move(e)); }};

 private:
  std::int64_t budget_ = kBudget;
};

}  // namespace coupon
