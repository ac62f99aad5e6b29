#include <algorithm>

#include "mq/net/server_impl.hpp"

namespace mq::net {
namespace {

// Above what codecs add to the parts of a response.
std::size_t estimated_size(const protocol::ResponseView& response) {
  std::size_t size = 256 + response.remark.size() + response.ext_text.size() + response.body.size();
  for (const auto& [key, value] : response.ext) size += key.size() + value.size() + 8;
  return size;
}

}  // namespace

Server::Impl::Connection* Server::Impl::find(ConnectionKey key) const {
  const auto slot = key.value() & kSlotMask;
  if (slot >= slots_.size()) return nullptr;
  auto* connection = slots_[slot].get();
  return connection != nullptr && connection->peer.connection == key ? connection : nullptr;
}

void Server::Impl::respond(ConnectionKey key, const protocol::ResponseView& response) {
  auto* connection = find(key);
  if (connection == nullptr) return;
  connection->make_room(estimated_size(response));
  protocol::encode(response, connection->out);
  mark_dirty(*connection);
}

void Server::Impl::send_oneway(ConnectionKey key, protocol::Command command) {
  auto* connection = find(key);
  if (connection == nullptr) return;
  command.opaque = ++last_opaque_ & 0x7fffffff;
  command.flag = protocol::kOnewayFlag;
  protocol::encode(command, connection->out);
  mark_dirty(*connection);
}

void Server::Impl::mark_dirty(Connection& connection) {
  account(connection);
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(&connection);
}

bool Server::Impl::output() {
  announce_closed();
  // What closed handlers answered leaves now; connections that break meanwhile are told of in the next pass.
  for (std::size_t i = 0; i < dirty_.size() && !stopped_; ++i) {
    auto& connection = *dirty_[i];
    connection.dirty = false;
    if (!connection.closed() && !connection.blocked) flush(connection);
    if (!connection.closed() && connection.unsent() > options_.unsent_max) hold(connection);
  }
  dirty_.clear();
  feed_starved();
  return !graveyard_.empty() || !waiting_.empty();
}

void Server::Impl::flush(Connection& connection) {
  const auto before = connection.written;
  const auto sent = connection.send_once(now_);
  if (sent == Connection::Sent::broken) return end(connection);
  stats_.bytes_out += connection.written - before;
  touched(connection);
  account(connection);
  const bool blocked = sent == Connection::Sent::some;
  if (blocked && !connection.blocked) connection.progress = now_;
  connection.blocked = blocked;
  if (connection.held && connection.unsent() <= options_.unsent_max / 2) release(connection);
  update_interest(connection);
}

void Server::Impl::close(ConnectionKey key) {
  auto* connection = find(key);
  if (connection == nullptr) return;
  connection->send_last(now_);
  end(*connection);
}

void Server::Impl::end(Connection& connection) {
  const auto slot = connection.peer.connection.value() & kSlotMask;
  poller_.remove(connection.fd);
  connection.close_socket();
  connection.in = base::Bytes();
  connection.out = base::Bytes();
  connection.sent = 0;
  connection.tls.reset();
  connection.wire_sent = 0;
  account(connection);
  connection.by_activity.unlink();
  connection.ungreeted.unlink();
  graveyard_.push_back(std::move(slots_[slot]));
  free_slots_.push_back(static_cast<std::uint32_t>(slot));
  --stats_.connections;
}

void Server::Impl::announce_closed() {
  if (graveyard_.empty()) return;
  // Freed when nothing refers to them any more: at the end of this function, dirty_ being told first.
  const auto gone = std::exchange(graveyard_, {});
  std::erase_if(dirty_, [](const Connection* connection) { return connection->closed(); });
  for (const auto& connection : gone) {
    if (!stopped_) fail_calls(connection->peer.connection);
    if (closed_ && !stopped_) closed_(connection->peer);
  }
}

}  // namespace mq::net
