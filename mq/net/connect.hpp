#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mq::net {

struct HostPort {
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 0;
};
// "10.0.0.5:10911", "broker-a:10911", "[::1]:10911". Nothing when the port is missing or no port.
std::optional<HostPort> parse_host_port(std::string_view text);

// Connects `socket`, which outlives the call, and sets TCP_NODELAY. Asks a resolver only for names, since a
// resolver cannot be cancelled. Throws boost::system::system_error; the deadline is the caller's.
boost::asio::awaitable<void> connect(boost::asio::ip::tcp::socket& socket, std::string host,
                                     std::uint16_t port);

}  // namespace mq::net
