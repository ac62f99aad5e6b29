// Requests of the server's own that want an answer: the client is asked, `then` hears what it says.
#include <utility>

#include "mq/net/server_impl.hpp"

namespace mq::net {
namespace {

// Each keeps a function and what it holds; a tool that asks faster than clients answer is told no.
constexpr std::size_t kCallsMax = 1000;

}  // namespace

void Server::Impl::call(ConnectionKey key, protocol::Command command, std::chrono::milliseconds limit,
                        Answered then) {
  auto* connection = find(key);
  if (connection == nullptr || calls_.size() >= kCallsMax) return then(nullptr);
  command.opaque = ++last_opaque_ & 0x7fffffff;
  command.flag = 0;
  calls_.insert_or_assign({key, command.opaque}, Call{Clock::now() + limit, std::move(then)});
  protocol::encode(command, connection->out);
  mark_dirty(*connection);
}

// Most answers of clients are to requests that asked for none.
void Server::Impl::answered(ConnectionKey key, const protocol::CommandView& answer) {
  const auto call = calls_.extract({key, answer.opaque});
  if (call) call.mapped().then(&answer);
}

void Server::Impl::expire_calls() {
  for (auto call = calls_.begin(); call != calls_.end();) {
    if (call->second.deadline > now_) {
      ++call;
      continue;
    }
    const auto late = calls_.extract(call++);
    late.mapped().then(nullptr);
  }
}

void Server::Impl::fail_calls() {
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto lost = calls_.extract(call++);
    lost.mapped().then(nullptr);
  }
}

void Server::Impl::fail_calls(ConnectionKey gone) {
  for (auto call = calls_.lower_bound({gone, 0}); call != calls_.end() && call->first.first == gone;) {
    const auto lost = calls_.extract(call++);
    lost.mapped().then(nullptr);
  }
}

}  // namespace mq::net
