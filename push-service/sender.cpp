#include "push-service/sender.hpp"

#include <algorithm>

#include "contracts/event.hpp"
#include "contracts/events.hpp"
#include "contracts/topics.hpp"
#include "mq/base/log.hpp"

namespace push {
namespace {

void publish_sent(chassis::Transaction& tx, const Push& push, const std::string& channel, base::Time now,
                  const base::RandomSource& random) {
  const auto event = contracts::make_event(
      {.event_id = base::uuid_v7(now, random),
       .order_no = push.order_no,
       .sequence = next_sequence(tx, push.order_no),
       .occurred_at = now,
       .traceparent = push.traceparent},
      contracts::PushSent{.user_id = push.user_id, .template_name = push.template_name, .channel = channel});
  chassis::Outbox::add(tx, {.topic = std::string(contracts::topic::kPushEvents),
                            .tag = event.type,
                            .key = push.order_no,
                            .body = contracts::encode(event),
                            .deliver_at = std::nullopt});
}

}  // namespace

std::chrono::milliseconds pause_after(std::int64_t attempts) {
  constexpr std::chrono::seconds kFirst{5};
  constexpr std::chrono::minutes kLongest{30};
  return chassis::doubling_pause(attempts, kFirst, kLongest);
}

Sender::Sender(chassis::Database& database, Provider& provider, chassis::Outbox& outbox,
               const base::Clock& clock, base::RandomSource random)
    : database_(database), provider_(provider), outbox_(outbox), clock_(clock), random_(std::move(random)) {}

boost::asio::awaitable<void> Sender::give_up(Push push) {
  co_await database_.transact([&push](chassis::Transaction& tx) {
    finish_push(tx, push.message_id, "EXPIRED", std::nullopt, "too old to be of use before it could be sent");
  });
  base::log("sender")->warn("notification given up message_id={} attempts={}", push.message_id,
                            push.attempts);
}

boost::asio::awaitable<void> Sender::send(Push push) {
  // After a long outage everything is due at once, and yesterday's news among it.
  if (clock_.now() >= push.expires_at) co_return co_await give_up(std::move(push));
  std::string channel = "PUSH";
  auto outcome = co_await provider_.push(push.message_id, push.user_id, push.title, push.body);
  if (outcome.delivery == Delivery::no_device) {
    channel = "SMS";
    // The contact comes with the paid event, which may still be on its way.
    if (push.phone) {
      outcome = co_await provider_.sms(push.message_id, *push.phone, push.body);
    } else {
      outcome.trouble = "no device and no phone number";
    }
  }
  const auto now = clock_.now();
  const bool sent = outcome.delivery == Delivery::sent;
  co_await database_.transact([&](chassis::Transaction& tx) {
    if (sent) {
      if (finish_push(tx, push.message_id, "SENT", channel, {}))
        publish_sent(tx, push, channel, now, random_);
    } else if (now >= push.expires_at) {
      finish_push(tx, push.message_id, "EXPIRED", std::nullopt, outcome.trouble);
    } else {
      postpone_push(tx, push.message_id, now + pause_after(push.attempts + 1), outcome.trouble);
    }
  });
  if (sent) {
    outbox_.wake();
  } else {
    base::log("sender")->warn("notification not sent message_id={} reason=\"{}\"", push.message_id,
                              outcome.trouble);
  }
}

boost::asio::awaitable<std::vector<chassis::DueWork::Job>> Sender::due(base::Time now, std::size_t limit) {
  const auto pushes = co_await database_.transact([now, limit](chassis::Transaction& tx) {
    return pushes_to_send(tx, now, static_cast<std::int64_t>(limit));
  });
  std::vector<Job> jobs;
  jobs.reserve(pushes.size());
  for (const auto& push : pushes) jobs.push_back({push.message_id, [this, push] { return send(push); }});
  co_return jobs;
}

boost::asio::awaitable<std::optional<base::Time>> Sender::next_due() {
  co_return co_await database_.transact([](chassis::Transaction& tx) { return next_push(tx); });
}

}  // namespace push
