#include "push-service/on_order_event.hpp"

#include "chassis/inbox.hpp"
#include "contracts/topics.hpp"
#include "push-service/push_store.hpp"
#include "push-service/templates.hpp"

namespace push {

using mq::client::Verdict;

boost::asio::awaitable<Verdict> OnOrderEvent::operator()(contracts::Envelope envelope) {
  const auto text = text_for(envelope);
  if (!text) co_return Verdict::reject;
  if (!*text) co_return Verdict::done;
  const auto now = clock_.now();
  co_await database_.transact([&](chassis::Transaction& tx) {
    if (!chassis::first_time(tx, contracts::group::kPushNotify, envelope.event_id)) return;
    insert_push(tx, envelope.order_no, **text, envelope.traceparent, envelope.occurred_at, now);
    if ((*text)->phone) remember_contact(tx, envelope.order_no, *(*text)->phone);
  });
  sender_.wake();
  co_return Verdict::done;
}

}  // namespace push
