#include "mq/net/connect.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>

namespace mq::net {
namespace asio = boost::asio;
using asio::ip::tcp;

std::optional<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  HostPort parsed{std::string(host), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (parsed.host.empty() || parsed.port == 0) return std::nullopt;
  return parsed;
}

asio::awaitable<void> connect(tcp::socket& socket, std::string host, std::uint16_t port) {
  boost::system::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    co_await socket.async_connect({address, port}, asio::use_awaitable);
  } else {
    tcp::resolver resolver(socket.get_executor());
    const auto found = co_await resolver.async_resolve(host, std::to_string(port), asio::use_awaitable);
    co_await asio::async_connect(socket, found, asio::use_awaitable);
  }
  socket.set_option(tcp::no_delay(true));
}

}  // namespace mq::net
