#include <algorithm>

#include "mq/net/server_impl.hpp"

namespace mq::net {
namespace {

constexpr std::chrono::milliseconds kInspectionPause{250};
constexpr std::chrono::seconds kLookEvery{1};  // at one connection
constexpr int kEndsPerInspection = 256;        // closing thousands in one go would hold up everybody else
constexpr std::chrono::seconds kBufferIdleMax{1};
constexpr std::chrono::seconds kComplaintPause{10};  // of one kind: a flood of nonsense must not fill the log
constexpr std::chrono::seconds kFullPause{1};        // somebody has to raise a limit, and looks at the log

}  // namespace

void Server::Impl::account(Connection& connection) {
  const auto memory = connection.memory();
  stats_.buffered += memory - connection.accounted;
  connection.accounted = memory;
  if ((memory > 0) == connection.with_memory.is_linked()) return;
  if (memory == 0) return connection.with_memory.unlink();
  connection.looked_at = now_;
  with_memory_.push_back(connection);
}

void Server::Impl::touched(Connection& connection) {
  by_activity_.splice(by_activity_.end(), by_activity_, by_activity_.iterator_to(connection));
}

void Server::Impl::update_interest(Connection& connection) {
  if (connection.closed()) return;
  const bool readable = !connection.held && !connection.starved && !connection.waiting;
  const auto wanted = (readable ? Poller::kRead : 0) | (connection.blocked ? Poller::kWrite : 0);
  if (wanted == connection.interest) return;
  connection.interest = wanted;
  poller_.change(connection.fd, connection.peer.connection.value(), wanted);
}

// Has too much unsent: not read until the peer has taken half of what is allowed. Far beyond that (answers to
// requests that were waiting already) the peer is given up.
void Server::Impl::hold(Connection& connection) {
  if (connection.unsent() > options_.unsent_max * 2 + protocol::kFrameSizeMax) return end(connection);
  connection.held = true;
  update_interest(connection);
}

void Server::Impl::release(Connection& connection) {
  connection.held = false;
  if (!connection.in.empty()) make_wait(connection);
}

void Server::Impl::starve(Connection& connection) {
  connection.starved = true;
  starved_.push_back(connection.peer.connection);
  update_interest(connection);
}

void Server::Impl::feed_starved() {
  if (starved_.empty() || stats_.buffered > options_.memory_max - options_.memory_max / 8) return;
  for (const auto key : std::exchange(starved_, {})) {
    auto* connection = find(key);
    if (connection == nullptr) continue;
    connection->starved = false;
    update_interest(*connection);
  }
}

// Frames in `in` are handled in the next pass, before anything more is read.
void Server::Impl::make_wait(Connection& connection) {
  if (connection.waiting) return;
  connection.waiting = true;
  waiting_.push_back(connection.peer.connection);
  update_interest(connection);
}

void Server::Impl::inspect_some() {
  now_ = Clock::now();
  end_silent();
  while (!with_memory_.empty() && now_ - with_memory_.front().looked_at >= kLookEvery) {
    auto& connection = with_memory_.front();
    connection.looked_at = now_;
    with_memory_.splice(with_memory_.end(), with_memory_, with_memory_.begin());
    inspect(connection);
  }
  expire_calls();
  inspection_.expires_after(kInspectionPause);
  inspection_.async_wait([self = weak_from_this()](boost::system::error_code error) {
    const auto server = self.lock();
    if (server && !error && !server->stopped_) server->inspect_some();
  });
}

void Server::Impl::end_silent() {
  for (int i = 0; i < kEndsPerInspection && !ungreeted_.empty(); ++i) {
    if (!is_late(ungreeted_.front())) break;
    reject(ungreeted_.front(), Trouble::tls);
  }
  for (int i = 0; i < kEndsPerInspection && !by_activity_.empty(); ++i) {
    auto& longest = by_activity_.front();
    if (now_ - longest.active <= options_.idle_max) return;
    end(longest);
  }
}

void Server::Impl::inspect(Connection& connection) {
  const auto silent = now_ - connection.active;
  const bool slow = connection.blocked && now_ - connection.progress > options_.slow_reader_max;
  // Part of a frame that will not become whole while memory is short would keep it short.
  const bool stuck = connection.starved && !connection.in.empty() && silent > options_.slow_reader_max;
  if (is_late(connection)) return reject(connection, Trouble::tls);
  if (slow || stuck) return end(connection);
  if (silent > kBufferIdleMax) connection.release_idle_memory();
  account(connection);
}

bool Server::Impl::may_complain(Trouble kind) {
  auto& next = next_complaint_[static_cast<std::size_t>(kind)];
  if (now_ < next) return false;
  next = now_ + (kind == Trouble::full ? kFullPause : kComplaintPause);
  return true;
}

}  // namespace mq::net
