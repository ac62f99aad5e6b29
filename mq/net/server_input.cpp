#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "mq/base/log.hpp"
#include "mq/net/server_impl.hpp"

namespace mq::net {
namespace {

constexpr std::size_t kReadSize = std::size_t{256}
                                  << 10;  // of one connection in one pass, so that all get a turn
constexpr int kFramesPerTurn = 512;       // tiny requests would fill a turn for too long
constexpr std::chrono::microseconds kInputBudget{400};  // of a pass; what is left comes in the next
constexpr std::int32_t kSystemError = 1;
constexpr std::size_t kFixedSize = 8;  // of a frame: all that frame_size() needs

}  // namespace

bool Server::Impl::input() {
  now_ = Clock::now();
  const auto until = now_ + kInputBudget;
  serve_waiting(until);
  if (events_.empty() && polling_) {
    events_ = poller_.poll();
    polling_ = events_.size() == Poller::kEventsMax;  // else that was all
  }
  // Events are left for the next pass, not asked for again: those at the end of the list would never get a
  // turn.
  while (!events_.empty() && Clock::now() < until) {
    const auto event = events_.front();
    events_ = events_.subspan(1);
    handle(event);
  }
  const bool more = polling_ || !events_.empty() || !waiting_.empty();
  if (!more) wait_for_sockets();
  return more;
}

// After the sockets were read: what is still ready would wake the loop for nothing.
void Server::Impl::wait_for_sockets() {
  if (std::exchange(armed_, true) || stopped_) return;
  sockets_ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [self = weak_from_this()](boost::system::error_code error) {
                              const auto server = self.lock();
                              if (!server || error) return;
                              server->armed_ = false;
                              server->polling_ = true;
                            });
}

void Server::Impl::handle(const epoll_event& event) {
  const auto token = event.data.u64;
  if ((token & kListenerBit) != 0) return accept(static_cast<int>(token & ~kListenerBit));
  auto* connection = find(ConnectionKey{token});
  if (connection == nullptr) return;  // closed since the poller saw it
  if ((event.events & EPOLLOUT) != 0) flush(*connection);
  if (connection->closed()) return;
  // A broken connection reports whatever the interest is: it must not come back in every pass.
  const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool wanted = (connection->interest & Poller::kRead) != 0;
  if (broken && !wanted) return end(*connection);
  if (wanted && (broken || (event.events & EPOLLIN) != 0)) read(*connection);
}

void Server::Impl::read(Connection& connection) {
  if (stats_.buffered > options_.memory_max) return starve(connection);
  const auto count = ::recv(connection.fd, read_buffer_.get(), kReadSize, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (count <= 0) return end(connection);
  const base::BytesView bytes(read_buffer_.get(), static_cast<std::size_t>(count));
  stats_.bytes_in += bytes.size();
  connection.active = now_;
  touched(connection);
  consume(connection, bytes);
  if (!connection.closed()) account(connection);
}

void Server::Impl::consume(Connection& connection, base::BytesView bytes) {
  if (!connection.greeted) greet(connection, bytes);
  if (connection.closed()) return;
  if (connection.tls) return consume_sealed(connection, bytes);
  consume_plain(connection, bytes);
}

void Server::Impl::consume_plain(Connection& connection, base::BytesView bytes) {
  if (!connection.in.empty() && !complete_frame(connection, bytes)) return;
  if (!connection.closed()) parse(connection, bytes);
}

// Adds bytes to the frame whose front came earlier and handles it when it is whole. False: nothing is left.
bool Server::Impl::complete_frame(Connection& connection, base::BytesView& bytes) {
  auto& in = connection.in;
  for (;;) {
    const auto size = protocol::frame_size(in);
    if (!size) {
      reject(connection, Trouble::length);
      return false;
    }
    const auto target = size->value_or(kFixedSize);
    const auto part = bytes.first(std::min(target - in.size(), bytes.size()));
    in.insert(in.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (in.size() < target) return false;
    if (*size) break;
  }
  auto frame = std::move(in);
  in = base::Bytes();
  dispatch(connection, frame);
  frame.clear();
  if (frame.capacity() <= kReadSize) in = std::move(frame);
  return true;
}

// Handles the frames at the front of `bytes`; what cannot be handled yet is kept.
void Server::Impl::parse(Connection& connection, base::BytesView bytes) {
  for (int frames = 0; !connection.closed(); ++frames) {
    const bool full = connection.unsent() > options_.unsent_max;
    if (full) hold(connection);
    if (bytes.empty() || connection.closed()) return;
    if (!full && frames < kFramesPerTurn) {
      if (bytes.front() == kTlsFirstByte) return reject(connection, Trouble::tls);
      const auto size = protocol::frame_size(bytes);
      if (!size) return reject(connection, Trouble::length);
      if (*size && **size <= bytes.size()) {
        dispatch(connection, bytes.first(**size));
        bytes = bytes.subspan(**size);
        continue;
      }
    } else if (!full) {
      make_wait(connection);
    }
    connection.in.assign(bytes.begin(), bytes.end());
    return;
  }
}

void Server::Impl::dispatch(Connection& connection, base::BytesView frame) {
  if (!protocol::decode(frame, view_, shapes_)) return reject(connection, Trouble::header);
  if (view_.is_response()) return answered(connection.peer.connection, view_);
  ++stats_.requests;
  const Reply reply{server_, connection.peer.connection, view_.opaque, view_.is_oneway(), false};
  try {
    handler_(view_, connection.peer, reply);
  } catch (const std::exception& e) {
    base::log("net")->error("request failed code={} error={}", view_.code, base::log_quoted(e.what()));
    protocol::ResponseView failure;
    failure.code = kSystemError;
    failure.remark = e.what();
    reply(failure);
  }
}

// Frames that had to wait, in the order in which their connections had to.
void Server::Impl::serve_waiting(Clock::time_point until) {
  for (auto left = waiting_.size(); left > 0 && !waiting_.empty() && Clock::now() < until; --left) {
    auto* connection = find(waiting_.front());
    waiting_.pop_front();
    if (connection == nullptr || !connection->waiting) continue;
    connection->waiting = false;
    const auto bytes = std::move(connection->in);
    connection->in = base::Bytes();
    parse(*connection, bytes);
    if (connection->closed()) continue;
    account(*connection);
    update_interest(*connection);
  }
}

void Server::Impl::reject(Connection& connection, Trouble kind) {
  static constexpr std::array kNames{"length", "header", "tls", "plain"};
  ++stats_.malformed;
  if (kind == Trouble::tls) ++stats_.handshakes_failed;
  if (may_complain(kind)) {
    base::log("net")->warn("connection closed for malformed input kind={} remote_port={} malformed_total={}",
                           kNames[static_cast<std::size_t>(kind)], connection.peer.remote.port,
                           stats_.malformed);
  }
  end(connection);
}

}  // namespace mq::net
