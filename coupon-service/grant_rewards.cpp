#include "coupon-service/grant_rewards.hpp"

#include "chassis/outbox.hpp"
#include "contracts/event.hpp"
#include "contracts/topics.hpp"
#include "coupon-service/rewards.hpp"

namespace coupon {
namespace {

using chassis::Statement;
using chassis::Transaction;
using contracts::RewardGranted;

// The coupon first, the budget after it: a repeat must not take from the budget again.
constexpr Statement kInsertCoupon{"insert_coupon",
                                  "INSERT INTO coupon (coupon_id, campaign_id, order_no, user_id, value_fen, "
                                  "state, expires_at, granted_at) "
                                  "SELECT $1, campaign_id, $3, $4, value_fen, 'UNUSED', $5::timestamptz + "
                                  "valid_days * interval '1 day', $5 "
                                  "FROM campaign WHERE campaign_id = $2 AND budget > 0 "
                                  "ON CONFLICT DO NOTHING RETURNING value_fen"};
constexpr Statement kTakeBudget{
    "take_budget", "UPDATE campaign SET budget = budget - 1 WHERE campaign_id = $1 AND budget > 0"};
constexpr Statement kDropCoupon{"drop_coupon", "DELETE FROM coupon WHERE coupon_id = $1"};
constexpr Statement kInsertPoints{"insert_points",
                                  "INSERT INTO points_entry (order_no, kind, user_id, points, booked_at) "
                                  "VALUES ($1, 'EARNED', $2, $3, $4) ON CONFLICT DO NOTHING"};
constexpr Statement kInsertRedPacket{
    "insert_red_packet",
    "INSERT INTO red_packet (order_no, user_id, amount_fen, state, expires_at, granted_at) "
    "VALUES ($1, $2, $3, 'CLAIMABLE', $4, $5) ON CONFLICT DO NOTHING"};
constexpr Statement kNextSequence{
    "next_sequence",
    "INSERT INTO reward_sequence (order_no, last) VALUES ($1, 1) "
    "ON CONFLICT (order_no) DO UPDATE SET last = reward_sequence.last + 1 RETURNING last"};

std::optional<RewardGranted> grant_coupon(Transaction& tx, const Grant& g) {
  const auto id = "C" + g.order_no;
  const auto inserted = tx.run(kInsertCoupon, {id, kCampaign, g.order_no, g.user_id, g.now});
  if (inserted.empty()) return std::nullopt;
  // Others may have taken the last of the budget since the insert looked.
  if (tx.run(kTakeBudget, {kCampaign}).affected == 0) {
    tx.run(kDropCoupon, {id});
    return std::nullopt;
  }
  return RewardGranted{g.user_id, "COUPON", inserted.front().integer("value_fen"), id};
}

std::optional<RewardGranted> grant_points(Transaction& tx, const Grant& g) {
  const auto points = points_for(g.paid_fen);
  if (points == 0) return std::nullopt;
  if (tx.run(kInsertPoints, {g.order_no, g.user_id, points, g.now}).affected == 0) return std::nullopt;
  return RewardGranted{g.user_id, "POINTS", points, g.order_no};
}

std::optional<RewardGranted> grant_red_packet(Transaction& tx, const Grant& g) {
  const auto amount = red_packet_fen(g.paid_fen);
  const auto expires = g.now + std::chrono::hours{kRedPacketHours};
  if (tx.run(kInsertRedPacket, {g.order_no, g.user_id, amount, expires, g.now}).affected == 0)
    return std::nullopt;
  return RewardGranted{g.user_id, "RED_PACKET", amount, g.order_no};
}

void publish(Transaction& tx, const Grant& g, const RewardGranted& reward) {
  const auto sequence = tx.run(kNextSequence, {g.order_no}).front().integer("last");
  const auto event = contracts::make_event({.event_id = base::uuid_v7(g.now, g.random),
                                            .order_no = g.order_no,
                                            .sequence = sequence,
                                            .occurred_at = g.now,
                                            .traceparent = g.traceparent},
                                           reward);
  chassis::Outbox::add(tx, {.topic = std::string(contracts::topic::kRewardEvents),
                            .tag = event.type,
                            .key = g.order_no,
                            .body = contracts::encode(event),
                            .deliver_at = std::nullopt});
}

}  // namespace

std::vector<RewardGranted> grant_rewards(Transaction& tx, const Grant& grant) {
  std::vector<RewardGranted> granted;
  for (auto* one : {grant_coupon, grant_points, grant_red_packet}) {
    auto reward = one(tx, grant);
    if (!reward) continue;
    publish(tx, grant, *reward);
    granted.push_back(std::move(*reward));
  }
  return granted;
}

}  // namespace coupon
