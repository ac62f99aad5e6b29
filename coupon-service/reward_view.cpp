#include "coupon-service/reward_view.hpp"

#include "contracts/time_text.hpp"

namespace coupon {
namespace {

using chassis::Statement;

constexpr Statement kCoupons{"coupons_of", "SELECT * FROM coupon WHERE order_no = $1 ORDER BY coupon_id"};
constexpr Statement kPoints{"points_of", "SELECT * FROM points_entry WHERE order_no = $1 ORDER BY kind"};
constexpr Statement kRedPackets{"red_packets_of", "SELECT * FROM red_packet WHERE order_no = $1"};

}  // namespace

boost::json::value rewards_of(chassis::Transaction& tx, const std::string& order_no) {
  boost::json::array coupons;
  for (const auto& row : tx.run(kCoupons, {order_no}).rows) {
    coupons.push_back({{"coupon_id", row.text("coupon_id")},
                       {"value_fen", row.integer("value_fen")},
                       {"state", row.text("state")},
                       {"expires_at", contracts::format_time(row.time("expires_at"))}});
  }
  boost::json::array points;
  for (const auto& row : tx.run(kPoints, {order_no}).rows) {
    points.push_back({{"kind", row.text("kind")}, {"points", row.integer("points")}});
  }
  boost::json::array red_packets;
  for (const auto& row : tx.run(kRedPackets, {order_no}).rows) {
    red_packets.push_back({{"amount_fen", row.integer("amount_fen")},
                           {"state", row.text("state")},
                           {"expires_at", contracts::format_time(row.time("expires_at"))}});
  }
  return {{"order_no", order_no},
          {"coupons", std::move(coupons)},
          {"points", std::move(points)},
          {"red_packets", std::move(red_packets)}};
}

}  // namespace coupon
