#include "mq/client/name_servers.hpp"

#include <stdexcept>

namespace mq::client {
namespace asio = boost::asio;

NameServers::NameServers(Rpc& rpc, std::vector<std::string> addresses, std::chrono::milliseconds timeout)
    : rpc_(rpc), addresses_(std::move(addresses)), timeout_(timeout) {
  if (addresses_.empty()) throw std::invalid_argument("a client needs the address of a name server");
}

asio::awaitable<base::Result<protocol::Command>> NameServers::call(protocol::Command request) {
  boost::system::error_code last;
  const auto first = current_;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const auto chosen = (first + i) % addresses_.size();
    const auto address = addresses_[chosen];
    auto answer = co_await rpc_.call(address, request, base::deadline_in(timeout_));
    if (answer) {
      current_ = chosen;
      complaints_.end(address, "name server answers again address=" + address);
      co_return answer;
    }
    last = answer.error();
    complaints_.begin(address, "name server does not answer address=" + address +
                                   " error=" + base::log_quoted(last.message()));
  }
  co_return last;
}

}  // namespace mq::client
