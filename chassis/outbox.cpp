#include "chassis/outbox.hpp"

#include "chassis/outbox_relay.hpp"
#include "mq/base/assert.hpp"

namespace chassis {
namespace {

namespace asio = boost::asio;

constexpr Statement kAdd{"outbox_add",
                         "INSERT INTO outbox (topic, tag, key, body, deliver_at, created_real) "
                         "VALUES ($1, $2, $3, $4, $5, $6)"};

asio::awaitable<void> send_by(mq::client::Producer& producer, OutgoingMessage outgoing) {
  mq::Message message;
  message.topic = std::move(outgoing.topic);
  message.tag = std::move(outgoing.tag);
  message.keys = outgoing.key;
  message.body = std::move(outgoing.body);
  if (outgoing.deliver_at) mq::client::deliver_at(message, *outgoing.deliver_at);
  co_await producer.send_sharded(std::move(message), std::move(outgoing.key));
}

}  // namespace

Outbox::Outbox(Database& database, mq::client::Producer& producer)
    : Outbox(database,
             [&producer](OutgoingMessage message) { return send_by(producer, std::move(message)); }) {}

Outbox::Outbox(Database& database, Send send)
    : relay_(std::make_unique<OutboxRelay>(database, std::move(send))) {}

Outbox::~Outbox() = default;

void Outbox::add(Transaction& tx, const OutgoingMessage& message) {
  BASE_ASSERT(!message.key.empty(), "the key says in which order messages leave");
  tx.run(kAdd, {message.topic, message.tag, message.key, message.body, message.deliver_at,
                base::SystemClock().now()});
}

void Outbox::wake() { relay_->wake(); }
asio::awaitable<void> Outbox::run() { return relay_->run(); }
Outbox::Stats Outbox::stats() const { return relay_->stats(); }

}  // namespace chassis
