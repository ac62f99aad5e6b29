#include "mq/apps/listeners.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

namespace mq::apps {
namespace {

constexpr std::uint16_t kVipDistance = 2;
constexpr int kAttempts = 50;

// A free port whose port - 2 is free too. Somebody may take it before we do; then the caller tries again.
std::uint16_t find_free_pair(const std::string& ip) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  const auto address = boost::asio::ip::make_address(ip);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    tcp::acceptor first(context, tcp::endpoint(address, 0));
    const auto port = first.local_endpoint().port();
    if (port <= kVipDistance) continue;
    tcp::acceptor second(context);
    boost::system::error_code error;
    second.open(tcp::v4(), error);
    second.bind({address, static_cast<std::uint16_t>(port - kVipDistance)}, error);
    if (!error) return port;
  }
  throw CannotStart("no two free ports that are 2 apart on " + ip + ": choose one with --port");
}

}  // namespace

std::uint16_t open_listener(net::Server& server, const std::string& ip, std::uint16_t port,
                            const std::string& use) {
  try {
    return server.listen(ip, port);
  } catch (const boost::system::system_error& error) {
    throw CannotStart("port " + std::to_string(port) + " of " + ip + " for the " + use +
                      " cannot be opened (" + error.code().message() +
                      "): stop the program that has it, or choose another with --port or --namesrv-port");
  }
}

Ports open_listeners(net::Server& server, const std::string& ip, std::uint16_t broker_port,
                     std::optional<std::uint16_t> namesrv_port) {
  Ports ports;
  const auto wanted = broker_port == 0 ? find_free_pair(ip) : broker_port;
  ports.broker = open_listener(server, ip, wanted, "broker");
  ports.vip =
      open_listener(server, ip, static_cast<std::uint16_t>(wanted - kVipDistance), "broker's VIP channel");
  if (namesrv_port) ports.namesrv = open_listener(server, ip, *namesrv_port, "name server");
  return ports;
}

}  // namespace mq::apps
