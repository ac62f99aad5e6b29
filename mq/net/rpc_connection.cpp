#include "mq/net/rpc_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "mq/base/log.hpp"
#include "mq/net/connect.hpp"

namespace mq::net {
namespace asio = boost::asio;
namespace errc = boost::system::errc;
using boost::system::error_code;
using boost::system::system_error;

namespace {

constexpr std::size_t kReadSize = std::size_t{64} << 10;
constexpr std::size_t kKeptCapacityMax = std::size_t{1} << 20;  // a rare large frame does not cost for ever
constexpr std::int32_t kRequestCodeNotSupported = 3;
constexpr std::int32_t kSystemError = 1;

// What the frame may take at most: JSON makes up to six bytes of one.
std::size_t largest_size(const protocol::Command& command) {
  std::size_t text = command.language.size() + command.remark.size();
  for (const auto& [key, value] : command.ext) text += key.size() + value.size() + 2;
  return 256 + text * 6 + command.body.size();
}

protocol::Command serve_one(const RpcClient::ServerRequest& serve, const std::string& address,
                            const protocol::Command& request) {
  protocol::Command answer;
  try {
    if (serve) return serve(address, request);
    answer.code = kRequestCodeNotSupported;
    answer.remark = " request type " + std::to_string(request.code) + " not supported";
  } catch (const std::exception& e) {
    base::log("rpc")->error("server request failed address={} code={} error={}", address, request.code,
                            base::log_quoted(e.what()));
    answer.code = kSystemError;
    answer.remark = e.what();
  }
  return answer;
}

}  // namespace

RpcConnection::RpcConnection(const asio::any_io_executor& executor, std::string address,
                             const RpcOptions& options)
    : address_(std::move(address)),
      options_(options),
      stream_(executor, options.tls),
      writable_(executor, asio::steady_timer::time_point::max()),
      watchdog_(executor),
      active_(Clock::now()) {}

asio::awaitable<void> RpcConnection::connect() {
  const auto peer = parse_host_port(address_);
  if (!peer) throw system_error(errc::make_error_code(errc::invalid_argument));
  const auto deadline = base::deadline_in(options_.connect_timeout);
  try {
    co_await base::with_deadline(deadline, stream_.connect(peer->host, peer->port));
  } catch (const system_error& e) {
    // timed_out is kept for calls that were sent: after it the outcome is unknown, here nothing left.
    if (e.code() == asio::error::timed_out) throw system_error(asio::error::host_unreachable);
    throw;
  }
  // A host that vanished acknowledges nothing; without this its calls would time out for a quarter of an
  // hour.
  const auto silence = static_cast<unsigned>(options_.write_stall_max.count());
  ::setsockopt(stream_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
  connected_ = true;
  active_ = Clock::now();
}

asio::awaitable<void> RpcConnection::read(const RpcClient::ServerRequest& serve) {
  while (!closed_) {
    if (inbox_.size() - inbox_used_ < kReadSize / 2) inbox_.resize(std::max(kReadSize, inbox_.size() * 2));
    const auto space = asio::buffer(inbox_.data() + inbox_used_, inbox_.size() - inbox_used_);
    inbox_used_ += co_await stream_.read_some(space);
    active_ = Clock::now();
    if (!consume(serve)) throw system_error(errc::make_error_code(errc::bad_message));
  }
}

// Handles every whole frame; false when the stream makes no sense.
bool RpcConnection::consume(const RpcClient::ServerRequest& serve) {
  std::size_t done = 0;
  for (;;) {
    const auto rest = base::BytesView(inbox_).first(inbox_used_).subspan(done);
    const auto size = protocol::frame_size(rest);
    if (!size) return false;
    if (!*size || **size > rest.size()) break;
    auto command = protocol::decode(rest.first(**size));
    if (!command) return false;
    done += **size;
    receive(std::move(*command), serve);
    if (closed_) return true;
  }
  inbox_used_ -= done;
  if (inbox_used_ > 0 && done > 0) std::memmove(inbox_.data(), inbox_.data() + done, inbox_used_);
  if (inbox_used_ == 0 && inbox_.size() > kKeptCapacityMax) inbox_ = base::Bytes();
  return true;
}

void RpcConnection::receive(protocol::Command command, const RpcClient::ServerRequest& serve) {
  if (command.is_response()) {
    const auto found = calls_.find(command.opaque);
    if (found == calls_.end()) return;  // nobody waits any more
    auto& wait = *found->second;
    calls_.erase(found);
    wait.answer = std::move(command);
    wait.finish({});
    return;
  }
  auto answer = serve_one(serve, address_, command);
  if (command.is_oneway() || closed_) return;
  if (unsent_.size() > options_.unsent_max) return;  // a peer that asks without reading gets no answers
  answer.opaque = command.opaque;
  answer.flag = protocol::kResponseFlag;
  answer.serialize = command.serialize;
  enqueue(answer);
}

std::int32_t RpcConnection::next_opaque() {
  do {
    last_opaque_ = last_opaque_ == std::numeric_limits<std::int32_t>::max() ? 0 : last_opaque_ + 1;
  } while (calls_.contains(last_opaque_));
  return last_opaque_;
}

std::int32_t RpcConnection::call(protocol::Command& request, RpcWait& wait) {
  if (calls_.size() >= options_.in_flight_max) throw system_error(asio::error::no_buffer_space);
  request.opaque = next_opaque();
  request.flag = 0;
  enqueue(request);
  calls_.emplace(request.opaque, &wait);
  return request.opaque;
}

void RpcConnection::oneway(protocol::Command& request, RpcWait& wait) {
  request.opaque = next_opaque();
  request.flag = protocol::kOnewayFlag;
  enqueue(request);
  wait.end = queued_;
  departures_.push_back(&wait);
}

void RpcConnection::enqueue(const protocol::Command& command) {
  if (closed_) throw system_error(closed_for_);
  if (largest_size(command) > protocol::kFrameSizeMax) {
    throw system_error(errc::make_error_code(errc::message_size));
  }
  const auto before = unsent_.size();
  if (before > options_.unsent_max) throw system_error(asio::error::no_buffer_space);
  protocol::encode(command, unsent_);
  queued_ += unsent_.size() - before;
  writable_.cancel();
}

asio::awaitable<void> RpcConnection::write() {
  while (!closed_) {
    if (unsent_.empty()) {
      error_code woken;
      co_await writable_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      continue;
    }
    // All that came together leaves together.
    sending_.swap(unsent_);
    std::size_t sent = 0;
    while (sent < sending_.size() && !closed_) {
      sending_since_ = Clock::now();
      const auto count =
          co_await stream_.write_some(asio::buffer(sending_.data() + sent, sending_.size() - sent));
      sent += count;
      active_ = Clock::now();
      departed(count);
    }
    sending_.clear();
    if (sending_.capacity() > kKeptCapacityMax) sending_ = base::Bytes();
  }
}

void RpcConnection::departed(std::size_t bytes) {
  written_ += bytes;
  while (!departures_.empty() && departures_.front()->end <= written_) {
    auto* wait = departures_.front();
    departures_.pop_front();
    wait->finish({});
  }
}

asio::awaitable<void> RpcConnection::watch() {
  const auto period =
      std::min(options_.idle_max, options_.write_stall_max) / 4 + std::chrono::milliseconds(1);
  while (!closed_) {
    watchdog_.expires_after(period);
    error_code woken;
    co_await watchdog_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto now = Clock::now();
    const bool stalled = !sending_.empty() && now - sending_since_ > options_.write_stall_max;
    const bool idle = calls_.empty() && now - active_ > options_.idle_max;
    if (stalled || idle) close(asio::error::connection_reset);
  }
}

void RpcConnection::close(error_code why) {
  if (closed_) return;
  closed_ = true;
  closed_for_ = why;
  stream_.close();
  writable_.cancel();
  watchdog_.cancel();
  for (auto& [opaque, wait] : calls_) wait->finish(why);
  for (auto* wait : departures_) wait->finish(why);
  calls_.clear();
  departures_.clear();
}

}  // namespace mq::net
