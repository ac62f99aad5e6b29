#include "coupon-service/on_order_paid.hpp"

#include "chassis/inbox.hpp"
#include "contracts/decode.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "coupon-service/grant_rewards.hpp"
#include "mq/base/log.hpp"

namespace coupon {

using mq::client::Verdict;

boost::asio::awaitable<Verdict> OnOrderPaid::operator()(contracts::Envelope envelope) {
  if (envelope.type != contracts::OrderPaid::kType) co_return Verdict::done;
  const auto paid = contracts::read<contracts::OrderPaid>(envelope.data);
  if (!paid || paid->paid_fen <= 0 || paid->user_id.empty()) co_return Verdict::reject;

  const Grant grant{.order_no = envelope.order_no,
                    .user_id = paid->user_id,
                    .traceparent = envelope.traceparent,
                    .paid_fen = paid->paid_fen,
                    .now = clock_.now(),
                    .random = random_};
  const auto granted = co_await database_.transact([&](chassis::Transaction& tx) {
    if (!chassis::first_time(tx, contracts::group::kCouponGrant, envelope.event_id)) return std::size_t{0};
    return grant_rewards(tx, grant).size();
  });
  if (granted > 0) {
    outbox_.wake();
    base::log("rewards")->info("rewards granted order_no={} count={}", envelope.order_no, granted);
  }
  co_return Verdict::done;
}

}  // namespace coupon
