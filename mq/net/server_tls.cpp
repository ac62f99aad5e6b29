// TLS on the same port as everything else: the first byte of a connection decides.
#include "mq/base/assert.hpp"
#include "mq/net/server_impl.hpp"

namespace mq::net {

void Server::Impl::secure(std::shared_ptr<const TlsContext> context, TlsMode mode) {
  BASE_ASSERT(context || mode == TlsMode::disabled, "TLS needs a certificate");
  tls_ = std::move(context);
  tls_mode_ = mode;
}

void Server::Impl::greet(Connection& connection, base::BytesView first) {
  connection.greeted = true;
  connection.ungreeted.unlink();
  const bool hello = first.front() == kTlsFirstByte;
  if (!hello && tls_mode_ == TlsMode::enforcing) return reject(connection, Trouble::plain);
  if (!hello || tls_mode_ == TlsMode::disabled) return;  // disabled: no frame begins so
  connection.since = now_;
  connection.tls = std::make_unique<TlsSession>(*tls_);
}

void Server::Impl::consume_sealed(Connection& connection, base::BytesView bytes) {
  const bool was_open = connection.tls->state() == TlsSession::State::open;
  plain_.clear();
  const auto state = connection.tls->feed(bytes, plain_);
  if (!was_open && state == TlsSession::State::open) ++stats_.handshakes;
  if (!plain_.empty()) consume_plain(connection, plain_);
  if (connection.closed()) return;
  if (state == TlsSession::State::broken) {
    connection.send_once(now_);  // the alert that says why
    return was_open || !plain_.empty() ? end(connection) : reject(connection, Trouble::tls);
  }
  if (connection.unsent() > 0) mark_dirty(connection);
}

// Has begun to shake hands, or has to, and does not come to an end.
bool Server::Impl::is_late(const Connection& connection) const {
  const bool begun = connection.tls && connection.tls->state() == TlsSession::State::handshake;
  const bool due = !connection.greeted && tls_mode_ == TlsMode::enforcing;
  return (begun || due) && now_ - connection.since > options_.handshake_max;
}

}  // namespace mq::net
